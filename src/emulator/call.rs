//! One request on its way through a handler.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answer::{Answer, Refusal, detail};
use super::clock::Millis;
use super::journal::Journal;
use super::script::Scripts;
use super::state::State;
use super::text::Pairs;

/// The longest body that is read.
pub(super) const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// How many a page when the request does not say.
const PAGE_SIZE: u64 = 50;

/// What a route does.
pub(super) type Handler = fn(&mut Call<'_>) -> Result<Answer, Refusal>;

/// A request that has come in whole.
pub(super) struct Incoming {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Result<Bytes, UnreadBody>,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy)]
pub(super) enum UnreadBody {
    TooLarge,
    Broken,
}

impl Incoming {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn bytes(&self) -> Result<&Bytes, Refusal> {
        self.body.as_ref().map_err(|unread| match unread {
            UnreadBody::TooLarge => Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "BODY_TOO_LARGE",
                format!("the body is longer than {BODY_LIMIT} bytes"),
            ),
            UnreadBody::Broken => Refusal::bad_request("BROKEN_BODY", "the body ended early"),
        })
    }
}

/// A request with what its handler may use.
pub(super) struct Call<'a> {
    pub(super) state: &'a mut State,
    pub(super) journal: &'a mut Journal,
    pub(super) scripts: &'a mut Scripts,
    pub(super) now: Millis,
    pub(super) request: &'a Incoming,
    /// What the path's placeholders stand for, in order.
    pub(super) params: Vec<String>,
    /// Whose token it carries; empty where none is needed.
    pub(super) client_id: String,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) number: u64,
    pub(super) size: u64,
}

impl Page {
    /// That part of `items`, and how many there are in all.
    pub(super) fn of<T>(self, items: impl Iterator<Item = T>) -> (Vec<T>, u64) {
        let start = (self.number - 1).saturating_mul(self.size);
        let (mut part, mut total) = (Vec::new(), 0);
        for item in items {
            if total >= start && total - start < self.size {
                part.push(item);
            }
            total += 1;
        }
        (part, total)
    }

    /// That part of `items`, whose number is known: does not walk on to the end.
    pub(super) fn within<T>(self, items: impl Iterator<Item = T>) -> Vec<T> {
        let start = (self.number - 1).saturating_mul(self.size);
        let as_count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        items.skip(as_count(start)).take(as_count(self.size)).collect()
    }
}

impl Call<'_> {
    /// The path's placeholder at that place; empty when the route has fewer.
    pub(super) fn param(&self, index: usize) -> String {
        self.params.get(index).cloned().unwrap_or_default()
    }

    pub(super) fn query(&self) -> Pairs {
        Pairs::parse(&self.request.query)
    }

    /// The page asked for; its size never above the tenant's cap.
    pub(super) fn page(&self) -> Result<Page, Refusal> {
        self.page_up_to(1)
    }

    /// The page asked for; its size never above so many times the tenant's cap.
    pub(super) fn page_up_to(&self, caps: u64) -> Result<Page, Refusal> {
        let query = self.query();
        let number = positive(&query, "page")?.unwrap_or(1);
        let size = positive(&query, "pageSize")?.unwrap_or(PAGE_SIZE);
        let cap = u64::from(self.state.settings().page_size_cap).max(1) * caps;
        Ok(Page { number, size: size.min(cap) })
    }

    /// The body as JSON; an empty body is `{}`.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        let bytes = self.request.bytes()?;
        if bytes.is_empty() {
            return Ok(Value::Object(Map::new()));
        }
        serde_json::from_slice(bytes).map_err(|error| {
            Refusal::bad_request("MALFORMED_JSON", format!("the body is no JSON: {error}"))
        })
    }

    /// The body as a JSON object.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        match self.json()? {
            Value::Object(object) => Ok(object),
            _ => Err(Refusal::schema(vec![detail("", "must be an object")])),
        }
    }

    /// The body of a control call.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_value(self.json()?).map_err(|error| invalid(error.to_string()))
    }
}

/// A control call that makes no sense.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::bad_request("INVALID_REQUEST", message)
}

/// A query parameter that makes no sense.
pub(super) fn bad_query(name: &str, value: &str, expected: &str) -> Refusal {
    let message = format!("the query parameter {name} is {value:?}, expected {expected}");
    Refusal::bad_request("INVALID_QUERY", message)
}

fn positive(query: &Pairs, name: &str) -> Result<Option<u64>, Refusal> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let number = text.parse().ok().filter(|&number: &u64| number > 0);
    number.map(Some).ok_or_else(|| bad_query(name, text, "a number from 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_part_and_the_whole_count() {
        for (number, size, part) in [
            (1, 2, vec![1, 2]),
            (2, 2, vec![3, 4]),
            (3, 2, vec![5]),
            (4, 2, vec![]),
            (u64::MAX, 9, vec![]),
        ] {
            let page = Page { number, size };
            assert_eq!(page.within(1..=5), part, "page {number}");
            assert_eq!(page.of(1..=5), (part, 5), "page {number}");
        }
    }
}
