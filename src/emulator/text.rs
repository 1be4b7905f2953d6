//! The small text formats of HTTP: forms, and Basic credentials.

use percent_encoding::percent_decode_str;

/// Names and values of a query or a form, in order, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(super) fn parse(text: &str) -> Self {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        };
        Self(text.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    /// The first value of that name; an empty one counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Name and password of an `Authorization: Basic` header.
pub(super) fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(base64(encoded.trim())?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        bits = (bits << 6 | sextet(digit)?) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let pairs = Pairs::parse("client_id=a%26b&scope=flows:read+flows%3Awrite&empty=&flag");
        assert_eq!(pairs.get("client_id"), Some("a&b"));
        assert_eq!(pairs.get("scope"), Some("flows:read flows:write"));
        assert_eq!(pairs.get("empty"), None);
        assert_eq!(pairs.get("missing"), None);
    }

    #[test]
    fn basic_credentials_are_read() {
        for (header, expected) in [
            ("Basic aWQ6c2VjcmV0", Some(("id", "secret"))),
            ("basic aWQ6YTpi", Some(("id", "a:b"))),
            ("Basic aWQ6", Some(("id", ""))),
            ("Bearer aWQ6c2VjcmV0", None),
            ("Basic a*", None),
            ("Basic", None),
        ] {
            let expected = expected.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
            assert_eq!(basic_credentials(header), expected, "{header}");
        }
    }
}
