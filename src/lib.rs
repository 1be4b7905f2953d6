//! flowgate keeps a NICE CXone tenant equal to a git repository of declarative flows.
//!
//! The modules are layers: each uses only those above it in this list, and a test holds them to
//! it.
//!
//! | layer | module | what it does |
//! | --- | --- | --- |
//! | 0 | [`model`] | plain data: resources, ids, desired, live and recorded state, findings, status |
//! | 1 | [`manifest`] | YAML → desired state, with every place kept for findings |
//! | 1 | [`validate`] | desired state → findings |
//! | 2 | [`delta`] | normalises, hashes, compares; decides which side moved |
//! | 3 | [`plan`] | changes and policy → a plan that may refuse itself |
//! | 3 | [`rollout`] | one flow's rollout as a state machine |
//! | 4 | [`render`] | plan, findings, status → text, JSON, Markdown |
//! | 5 | [`cxone`] | the API's client, behind one seam: [`cxone::exchange::Exchange`] |
//! | 5 | [`git`] | manifests at a revision, state, notes, lock |
//! | 5 | [`sandbox`] | runs a data action's JavaScript with time, memory and stack limits |
//! | 6 | [`apply`] | observes, runs a plan, reads back |
//! | 6 | [`sources`] | asks endpoints for the values that flows take from them |
//! | 7 | [`controller`] | a pass as a list of stages with one exit |
//! | 9 | [`cli`] | arguments → settings → one lower call → output |
//! | – | [`emulator`] | the CXone API on embedded storage; shares wire types and sandbox with the client, no logic |
//!
//! # One commit, followed through the system
//!
//! 1. [`cli`] turns `flowgate reconcile` into a [`controller::Request`].
//! 2. [`controller::pass`] resolves the commit and lists its tree through [`git::Repo`].
//! 3. [`manifest::parse`] reads each file once, [`manifest::resolve`] fills in the environment's
//!    values, [`validate::check`] walks flows, data actions and records as graphs, [`sandbox::check`]
//!    compiles the scripts, and the cases of data actions that changed run in it. An error ends the
//!    pass here.
//! 4. [`sources::ask`] fetches what flows take from outside git. A flow without its values fails
//!    alone. [`apply::observe`] reads the lists of each kind, and in full only what the recorded
//!    [`model::State`] does not prove unchanged. What only shows beside the tenant is checked now.
//! 5. [`delta`] says whether git moved, the tenant moved, or both: of a flow by element
//!    ([`delta::verdict()`]), of a data action by property, of a data store by field and record.
//! 6. [`plan::build()`] makes of that steps, version numbers and what waits for what, or the reason why
//!    nothing is done. A dry run ends here.
//! 7. [`apply::run`] starts each resource when what it needs came through: data stores, data actions,
//!    flows. For a flow it asks [`rollout::Rollout`] what to do next. Everything goes through
//!    [`cxone::Client`].
//!    What is to be adopted of drift is written into the manifests by [`manifest::rewrite`], and
//!    offered on a branch.
//! 8. The pass writes state and note with [`git::Repo`], and [`render::status`] says what was done.

pub mod model;

pub mod manifest;
pub mod validate;

pub mod delta;

pub mod plan;
pub mod rollout;

pub mod render;

pub mod cxone;
pub mod git;
pub mod sandbox;

pub mod apply;
pub mod sources;

pub mod controller;

pub mod cli;

pub mod emulator;
