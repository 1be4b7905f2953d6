//! The emulator keeps the API contract: every row and every refusal, over real HTTP.

#[path = "emulator/control.rs"]
mod control;
#[path = "emulator/data_actions.rs"]
mod data_actions;
#[path = "emulator/data_stores.rs"]
mod data_stores;
#[path = "emulator/deployments.rs"]
mod deployments;
#[path = "emulator/durability.rs"]
mod durability;
#[path = "emulator/errors.rs"]
mod errors;
#[path = "emulator/faults.rs"]
mod faults;
#[path = "emulator/flows.rs"]
mod flows;
#[path = "emulator/idempotency.rs"]
mod idempotency;
#[path = "emulator/in_process.rs"]
mod in_process;
#[path = "emulator/records.rs"]
mod records;
#[path = "emulator/relationships.rs"]
mod relationships;
#[path = "emulator/server.rs"]
mod server;
#[path = "emulator/tokens.rs"]
mod tokens;
#[path = "emulator/versions.rs"]
mod versions;
