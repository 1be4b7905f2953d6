//! Writes a repository of many flows and a tenant that is equal to it, for measuring the program
//! from outside: `cargo run --release --example repository -- FOLDER [FLOWS [ELEMENTS]]`.

#[path = "mod.rs"]
mod support;

use std::path::PathBuf;

use anyhow::Context as _;
use flowgate::controller::Cache;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().context("which FOLDER?")?.into();
    let flows = arguments.next().map_or(Ok(1_000), |text| text.parse()).context("FLOWS")?;
    let elements = arguments.next().map_or(Ok(50), |text| text.parse()).context("ELEMENTS")?;
    let fixture = support::Fixture::make(&folder, flows, elements).await?;
    let report = fixture.dry_run(&mut Cache::default()).await?;
    anyhow::ensure!(report.plan.unchanged == flows, "the tenant is not equal to git");
    Ok(())
}
