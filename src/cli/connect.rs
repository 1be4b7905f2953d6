//! Makes the client of a tenant: over the network, or to the emulator in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cxone::exchange::Exchange;
use crate::cxone::{Client, Network, PlainHttp, Settings};
use crate::emulator::{Clock, Emulator};
use crate::model::{Credential, Secret, Tenant};
use crate::sources;

/// What stands behind the clients.
pub(super) enum Behind {
    /// The tenants themselves.
    Network,
    /// The emulator, with its data below this folder.
    Emulator(PathBuf),
}

impl Behind {
    /// Makes the client of a tenant; fails with what is missing and what to do.
    pub(super) fn connect(&self, tenant: &Tenant) -> Result<Client, String> {
        match self {
            Self::Network => network(tenant),
            Self::Emulator(folder) => emulator(tenant, folder),
        }
    }
}

fn network(tenant: &Tenant) -> Result<Client, String> {
    let id = credential(tenant.client_id.as_ref(), "clientId", tenant)?;
    let secret = credential(tenant.client_secret.as_ref(), "clientSecret", tenant)?;
    let plain = if tenant.insecure { PlainHttp::Anywhere } else { PlainHttp::Loopback };
    client(tenant, id, Secret::new(secret), Arc::new(Network::new(plain)))
}

fn emulator(tenant: &Tenant, folder: &Path) -> Result<Client, String> {
    let folder = folder.join(&tenant.name);
    let emulator = Emulator::open(&folder, Clock::system()).map_err(|error| error.to_string())?;
    let exchange: Arc<dyn Exchange> = Arc::new(emulator);
    let local =
        Tenant { base_url: "http://localhost".to_owned(), token_url: None, ..tenant.clone() };
    client(&local, "flowgate".to_owned(), Secret::new("emulator"), exchange)
}

fn client(
    tenant: &Tenant,
    id: String,
    secret: Secret,
    exchange: Arc<dyn Exchange>,
) -> Result<Client, String> {
    let settings = Settings::of(tenant, id, secret, seed());
    Client::new(settings, exchange).map_err(|error| error.to_string())
}

fn credential(
    credential: Option<&Credential>,
    key: &str,
    tenant: &Tenant,
) -> Result<String, String> {
    let Some(credential) = credential else {
        return Err(format!(
            "flowgate.yaml gives no {key}Env or {key}File under the credentials of tenant {}; \
             add one, or try --emulator",
            tenant.name
        ));
    };
    read(credential, key).map_err(|why| match credential {
        Credential::Env(_) => format!("{why}, or try --emulator"),
        Credential::File(_) => why,
    })
}

/// Finds what the header of a source holds; fails with what is missing and what to do.
pub(super) fn header(place: &Credential) -> Result<Secret, String> {
    read(place, "value of a header").map(Secret::new)
}

/// Returns what stands behind the sources of values.
pub(super) fn source_network() -> Network {
    Network::new(PlainHttp::Loopback).reading_at_most(sources::LONGEST_ANSWER)
}

fn read(credential: &Credential, what: &str) -> Result<String, String> {
    let (place, text) = match credential {
        Credential::Env(name) => {
            let place = format!("the environment variable {name}");
            let text = std::env::var(name).map_err(|_| format!("{place} is not set; set it"))?;
            (place, text)
        }
        Credential::File(path) => {
            let place = format!("the file {}", path.display());
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("cannot read {place}: {error}"))?;
            (place, text)
        }
    };
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(format!("{place} is empty; it must hold the {what}"));
    }
    Ok(text.to_owned())
}

/// Where the jitter of waits begins: apart for processes that start together.
fn seed() -> u64 {
    let now = jiff::Timestamp::now().as_nanosecond();
    u64::from(std::process::id()) ^ u64::try_from(now & i128::from(u64::MAX)).unwrap_or_default()
}
