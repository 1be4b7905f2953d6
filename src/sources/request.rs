//! The request to a source.

use bytes::Bytes;
use http::header::{ACCEPT, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request};

use crate::model::{Credential, Secret, ValueSource};

const AGENT: &str = concat!("flowgate/", env!("CARGO_PKG_VERSION"));

/// Returns the request that asks a source; fails with what is missing for it.
pub(super) fn get(
    source: &ValueSource,
    credential: &dyn Fn(&Credential) -> Result<Secret, String>,
) -> Result<Request<Bytes>, String> {
    let mut request = Request::get(&source.url)
        .body(Bytes::new())
        .map_err(|_| "its `url` is not one that can be asked".to_owned())?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    for (name, place) in &source.headers {
        put(headers, name, &credential(place)?)?;
    }
    Ok(request)
}

fn put(headers: &mut HeaderMap, name: &str, secret: &Secret) -> Result<(), String> {
    let parsed = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(secret.expose()).ok());
    let Some((header, mut value)) = parsed else {
        return Err(format!("what the header {name} is to hold cannot stand in a header"));
    };
    value.set_sensitive(true);
    headers.insert(header, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    fn source(headers: &[(&str, &str)]) -> ValueSource {
        let from = |(name, variable): &(&str, &str)| {
            ((*name).to_owned(), Credential::Env((*variable).to_owned()))
        };
        ValueSource {
            url: "https://config.acme.example/cx?team=care".to_owned(),
            fields: BTreeMap::new(),
            timeout: Duration::from_secs(5),
            headers: headers.iter().map(from).collect(),
        }
    }

    fn known(credential: &Credential) -> Result<Secret, String> {
        match credential {
            Credential::Env(name) if name == "KEY" => Ok(Secret::new("hunter2")),
            Credential::Env(name) if name == "BROKEN" => Ok(Secret::new("hunter2\r\nx: y")),
            other => Err(format!("{other:?} is not set")),
        }
    }

    #[test]
    fn a_request_is_a_get_with_the_declared_headers_that_never_print() {
        let request = get(&source(&[("x-api-key", "KEY")]), &known).expect("a request");
        assert_eq!(request.method(), "GET");
        assert_eq!(request.uri(), "https://config.acme.example/cx?team=care");
        assert_eq!(request.headers()["x-api-key"], "hunter2");
        assert_eq!(request.headers()[ACCEPT], "application/json");
        assert!(!format!("{request:?}").contains("hunter2"), "{request:?}");
    }

    #[test]
    fn a_credential_that_is_missing_or_broken_is_named_and_not_shown() {
        let missing = get(&source(&[("x-api-key", "NONE")]), &known).expect_err("not set");
        assert_eq!(missing, "Env(\"NONE\") is not set");
        let broken = get(&source(&[("x-api-key", "BROKEN")]), &known).expect_err("two lines");
        assert_eq!(broken, "what the header x-api-key is to hold cannot stand in a header");
    }
}
