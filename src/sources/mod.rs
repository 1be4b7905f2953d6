//! Layer 6: asks the sources of an environment for values.
//!
//! Requests are built and answers read by pure functions; only [`ask`] waits.

mod answer;
mod request;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use http::{Request, Response};

use crate::cxone::exchange::{Exchange, ExchangeError};
use crate::model::{Credential, Environment, Secret, SourceField, SourceValues, ValueSource};

/// The longest answer that is read, in bytes.
pub const LONGEST_ANSWER: usize = 1024 * 1024;

/// How long it takes until a source that failed is asked once more.
const PAUSE: Duration = Duration::from_millis(500);

/// What asking needs from outside.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// What stands behind the sources. It must follow no redirects: an answer from where nobody
    /// declared is none.
    pub exchange: &'a dyn Exchange,
    /// Finds a credential, or says what is missing and what to do.
    pub credential: &'a dyn Fn(&Credential) -> Result<Secret, String>,
}

/// Asks sources of an environment side by side, each with one `GET`, and once more where it did not
/// answer or failed on its side.
///
/// Fails for no source as a whole: why a field has no value stands in its place, without credentials
/// and without the query of the address.
pub async fn ask(
    environment: &Environment,
    names: impl IntoIterator<Item = &str>,
    access: Access<'_>,
) -> SourceValues {
    let sources = &environment.sources;
    let known = names.into_iter().filter_map(|name| sources.get_key_value(name));
    let asked = known.map(async |(name, source)| {
        let answer = one(source, access).await;
        (name.clone(), values(source, &answer, &described(name, source, environment)))
    });
    let mut values = SourceValues::default();
    for (name, fields) in join_all(asked).await {
        values.insert(name, fields);
    }
    values
}

fn described(name: &str, source: &ValueSource, environment: &Environment) -> String {
    format!("source {name} of {} ({})", environment.name, source.address())
}

/// Gives each field its value or the reason why it has none.
fn values(
    source: &ValueSource,
    answer: &Result<answer::Object, String>,
    described: &str,
) -> BTreeMap<String, Result<serde_json::Value, String>> {
    let value = |name: &String, field: &SourceField| match answer {
        Ok(object) => answer::field(object, name, field),
        Err(why) => Err(why.clone()),
    };
    let told = |why: String| format!("{described}: {why}");
    let fields = source.fields.iter();
    fields.map(|(name, field)| (name.clone(), value(name, field).map_err(told))).collect()
}

async fn one(source: &ValueSource, access: Access<'_>) -> Result<answer::Object, String> {
    let request = request::get(source, access.credential)?;
    let first = access.exchange.send(request.clone(), source.timeout).await;
    let last = if is_worth_another(&first) {
        again(request, source.timeout, access.exchange).await
    } else {
        first
    };
    answer::object(&last.map_err(|error| error.to_string())?)
}

async fn again(
    request: Request<Bytes>,
    timeout: Duration,
    exchange: &dyn Exchange,
) -> Result<Response<Bytes>, ExchangeError> {
    tokio::time::sleep(PAUSE).await;
    exchange.send(request, timeout).await
}

/// A `GET` may always be repeated.
fn is_worth_another(result: &Result<Response<Bytes>, ExchangeError>) -> bool {
    result.as_ref().map_or(true, |answer| answer.status().is_server_error())
}
