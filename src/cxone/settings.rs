//! What a client must know of its tenant.

use crate::model::{ClientAuth, Credential, Secret, Tenant};

use super::Policy;

/// How a tenant is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the API answers: an absolute `http` or `https` URL.
    pub base_url: String,
    /// Where tokens are given; below `base_url` as `client_auth` has it when absent.
    pub token_url: Option<String>,
    /// How the credentials are sent.
    pub client_auth: ClientAuth,
    /// Scopes to ask for; none asks for the client's default.
    pub scopes: Vec<String>,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// Where id and secret come from, for messages: names of variables or files.
    pub credentials_source: String,
    /// The most requests that are sent in any one second; 0 counts as 1.
    pub requests_per_second: u32,
    /// When a call is sent again.
    pub retry: Policy,
    /// Where the jitter of waits begins; equal seeds give equal waits.
    pub seed: u64,
}

impl Settings {
    /// Returns the settings of a tenant whose credentials have been read.
    pub fn of(tenant: &Tenant, client_id: String, client_secret: Secret, seed: u64) -> Self {
        Self {
            base_url: tenant.base_url.clone(),
            token_url: tenant.token_url.clone(),
            client_auth: tenant.client_auth,
            scopes: tenant.scopes.clone(),
            client_id,
            client_secret,
            credentials_source: credentials_source(tenant),
            requests_per_second: tenant.requests_per_second,
            retry: Policy::default(),
            seed,
        }
    }
}

fn credentials_source(tenant: &Tenant) -> String {
    let named: Vec<_> =
        [&tenant.client_id, &tenant.client_secret].into_iter().flatten().map(source).collect();
    if named.is_empty() {
        format!("the credentials of tenant {}", tenant.name)
    } else {
        format!("{} of tenant {}", named.join(" and "), tenant.name)
    }
}

fn source(credential: &Credential) -> String {
    match credential {
        Credential::Env(name) => format!("the environment variable {name}"),
        Credential::File(path) => format!("the file {}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credentials_are_named_by_where_they_come_from() {
        let tenant = Tenant {
            name: "acme".into(),
            base_url: "https://eu-1.api.nicecxone.com".into(),
            token_url: None,
            client_auth: ClientAuth::Form,
            scopes: Vec::new(),
            requests_per_second: 100,
            insecure: false,
            client_id: Some(Credential::Env("CXONE_ID".into())),
            client_secret: Some(Credential::File("/run/secrets/cxone".into())),
        };
        let settings = Settings::of(&tenant, "id".into(), Secret::new("hunter2"), 7);
        assert_eq!(
            settings.credentials_source,
            "the environment variable CXONE_ID and the file /run/secrets/cxone of tenant acme"
        );
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
