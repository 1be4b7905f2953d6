//! The addresses that a project may name.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;

/// What is wrong with an address, and what to do.
pub(super) type Fault = (&'static str, &'static str);

/// Whether the address of an API may have a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Query {
    Refused,
    Allowed,
}

/// Whether plain `http` may leave the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlainHttp {
    Loopback,
    Anywhere,
}

const FORM: &str = "write it like https://eu-1.api.nicecxone.com";

/// Checks an absolute address of `http` or `https`.
pub(super) fn check(text: &str, query: Query, plain: PlainHttp) -> Result<(), Fault> {
    let uri: Uri = text.parse().map_err(|_| ("is not a URL", FORM))?;
    let Some((scheme, authority)) = uri.scheme_str().zip(uri.authority()) else {
        return Err(("is not an absolute URL", FORM));
    };
    if authority.as_str().contains('@') {
        return Err(("carries credentials", "name them under `credentials`"));
    }
    let colon_without_port = uri.port().is_none()
        && !authority.host().ends_with(']')
        && authority.as_str().contains(':');
    if authority.host().is_empty() || colon_without_port {
        return Err(("has no host, or a port that is none", FORM));
    }
    if text.contains('#') || (query == Query::Refused && uri.query().is_some()) {
        return Err(("has a query or a fragment", "end it before `?` and `#`"));
    }
    match scheme {
        "https" => Ok(()),
        "http" if plain == PlainHttp::Anywhere || is_loopback(authority.host()) => Ok(()),
        "http" => Err((
            "would send credentials unencrypted",
            "use https, or set `insecure: true` for a tenant in a closed network",
        )),
        _ => Err(("is neither https nor http", FORM)),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_absolute_and_encrypted_unless_they_stay_on_the_machine() {
        let ok = [
            "https://eu-1.api.nicecxone.com",
            "https://example.com:8443/base/",
            "http://127.0.0.1:8080",
            "http://127.8.0.1",
            "http://[::1]:80",
            "http://LocalHost:3000",
        ];
        for url in ok {
            assert_eq!(check(url, Query::Refused, PlainHttp::Loopback), Ok(()), "{url}");
        }
        let refused = [
            "",
            "api.nicecxone.com",
            "//example.com",
            "/path",
            "ftp://example.com",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "https://user:secret@example.com",
            "https://example.com?x=1",
            "https://example.com#top",
            "https://example.com:99999",
            "https://example.com:",
            "https://exa mple.com",
        ];
        for url in refused {
            assert!(check(url, Query::Refused, PlainHttp::Loopback).is_err(), "{url}");
        }
        assert_eq!(check("http://10.0.0.1", Query::Refused, PlainHttp::Anywhere), Ok(()));
        assert_eq!(
            check("https://a.b/t?environment=x", Query::Allowed, PlainHttp::Loopback),
            Ok(())
        );
    }
}
