//! `flowgate emulator`.

use super::Exit;
use super::args;
use super::error::Error;
use super::terminal::Terminal;
use crate::emulator::{Clock, Emulator};

pub(super) fn run(arguments: &args::Emulator, terminal: &Terminal) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::io("start the runtime"))?;
    runtime.block_on(async {
        let emulator = match &arguments.data {
            Some(folder) => Emulator::open(folder, Clock::system())?,
            None => Emulator::in_memory(Clock::system())?,
        };
        let listener = tokio::net::TcpListener::bind(arguments.listen)
            .await
            .map_err(Error::io(format!("listen on {}", arguments.listen)))?;
        let address = listener.local_addr().map_err(Error::io("tell the address"))?;
        terminal.print(&format!("flowgate emulator listening on http://{address}"));
        match &arguments.data {
            Some(folder) => terminal.note(&format!("data in {}", folder.display())),
            None => terminal.note("data in memory only; give --data to keep it"),
        }
        terminal.note(&format!("what can be steered: curl http://{address}/_emulator/"));
        emulator.serve(listener, interrupted()).await.map_err(Error::io("serve"))?;
        Ok(Exit::Done)
    })
}

async fn interrupted() {
    // Where signals cannot be had, the server runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
