//! One method a call.

mod calls;

use std::sync::Arc;

use futures::stream::{FuturesOrdered, StreamExt};

use super::auth::{self, Token, Tokens};
use super::exchange::Exchange;
use super::page::{List, Next, Page};
use super::request::Request;
use super::response::Answer;
use super::sender::{Manner, Purpose, Sender, Step, Tries};
use super::{Error, ErrorKind, RequestCounts, Settings};

/// How often a list that does not add up is read before that is an error.
const READINGS: u32 = 3;
/// How many pages of a list are asked for at once.
const SIDE_BY_SIDE: usize = 8;

/// A tenant's API.
///
/// Clones are cheap and share token, rate limit and counts. Every call is retried as the settings
/// say while that is safe; an error is what remains after that.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    base_url: String,
    settings: Settings,
    sender: Arc<Sender>,
    tokens: Tokens,
}

impl Client {
    /// Makes a client that speaks through `exchange`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when `baseUrl` or `tokenUrl` is no absolute `http` or `https`
    /// URL, or holds credentials.
    pub fn new(settings: Settings, exchange: Arc<dyn Exchange>) -> Result<Self, Error> {
        check_url("baseUrl", &settings.base_url)?;
        if let Some(url) = &settings.token_url {
            check_url("tokenUrl", url)?;
        }
        let base_url = settings.base_url.trim_end_matches('/').to_owned();
        let sender = Arc::new(Sender::new(&settings, exchange));
        let tokens = Tokens::new(&settings, &base_url, Arc::clone(&sender));
        Ok(Self(Arc::new(Inner { base_url, settings, sender, tokens })))
    }

    /// Returns how many requests were sent so far, each attempt counted.
    pub fn requests(&self) -> RequestCounts {
        self.0.sender.counts()
    }

    /// Sends a call until it is answered, and renews the token once.
    async fn ask(&self, request: &Request) -> Result<Answer, Error> {
        let inner = &*self.0;
        let purpose =
            if request.method == http::Method::GET { Purpose::Read } else { Purpose::Write };
        let manner = Manner { purpose, timeout: request.timeout, repeat: request.repeat() };
        let mut tries = Tries::default();
        let mut renewed = false;
        loop {
            let token = self.admitted().await?;
            let sent = request.to_http(&inner.base_url, token.secret())?;
            let step = inner.sender.attempt(sent, manner, &mut tries).await;
            match step.map_err(|kind| request.error(kind))? {
                Step::Again => {}
                Step::Answered(response) if auth::is_refused(&response) => {
                    inner.tokens.forget(&token);
                    if renewed {
                        return Err(request.error(inner.tokens.refused()));
                    }
                    renewed = true;
                }
                Step::Answered(response) => {
                    let hidden = vec![inner.settings.client_secret.clone(), token.secret().clone()];
                    return Ok(Answer::new(response, hidden, tries.doubted()));
                }
            }
        }
    }

    /// Waits for a token and for leave to send.
    ///
    /// The queue may outlast the token; it is then replaced, and the queue joined again, once.
    async fn admitted(&self) -> Result<Token, Error> {
        let inner = &*self.0;
        let token = inner.tokens.get().await?;
        inner.sender.admit().await;
        if token.is_fresh() {
            return Ok(token);
        }
        let token = inner.tokens.get().await?;
        inner.sender.admit().await;
        Ok(token)
    }

    /// Reads a list to its end. `page` makes the request for a page, `read` reads its answer, `id`
    /// tells the items apart.
    async fn list<T>(
        &self,
        page: impl Fn(u64) -> Request,
        read: impl Fn(&Request, &Answer) -> Result<Page<T>, Error>,
        id: fn(&T) -> String,
    ) -> Result<Vec<T>, Error> {
        let fetch = |number| {
            let (request, read) = (page(number), &read);
            async move { read(&request, &self.ask(&request).await?) }
        };
        let mut readings = 1;
        loop {
            match read_through(&fetch, id).await? {
                Ok(items) => return Ok(items),
                Err(why) if readings == READINGS => {
                    let why = format!("the list does not add up: {why}");
                    return Err(page(1).error(ErrorKind::Unreadable(why)));
                }
                Err(_) => readings += 1,
            }
        }
    }
}

/// Reads a list once, and returns why where it does not add up.
///
/// The first page tells how many there are if all are as long; those are asked for side by side.
async fn read_through<T, F: Future<Output = Result<Page<T>, Error>>>(
    fetch: impl Fn(u64) -> F,
    id: fn(&T) -> String,
) -> Result<Result<Vec<T>, String>, Error> {
    let mut list = List::new(id);
    let mut asked = 1;
    let mut ahead = FuturesOrdered::from_iter([fetch(asked)]);
    while let Some(page) = ahead.next().await {
        match list.take(page?) {
            Next::Complete => return Ok(Ok(list.into_items())),
            Next::Anew(why) => return Ok(Err(why)),
            Next::Page(number) => {
                let expected = list.expected_pages().max(number);
                while asked < expected && ahead.len() < SIDE_BY_SIDE {
                    asked += 1;
                    ahead.push_back(fetch(asked));
                }
            }
        }
    }
    Ok(Err("no page is left to ask for".to_owned()))
}

/// Returns the outcome of a call, with a 404 told apart: where the thing is `there` all the same, it
/// is the call that the tenant lacks.
async fn told_apart<T, U>(
    outcome: Result<T, Error>,
    there: impl Future<Output = Result<Option<U>, Error>>,
) -> Result<T, Error> {
    match outcome {
        Err(error) if error.is_not_found() && matches!(there.await, Ok(Some(_))) => {
            Err(error.of_endpoint())
        }
        outcome => outcome,
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base_url", &self.0.base_url).finish_non_exhaustive()
    }
}

fn check_url(setting: &str, url: &str) -> Result<(), Error> {
    let wrong = |why: &str| {
        // The URL itself may hold a password: it is not shown.
        Err(Error::new(setting, ErrorKind::Misconfigured(format!("{setting} {why}"))))
    };
    let Ok(uri) = url.parse::<http::Uri>() else { return wrong("is no URL") };
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if authority.as_str().contains('@') => {
            wrong("holds credentials; they belong into `credentials`")
        }
        (Some("http" | "https"), Some(_)) => Ok(()),
        _ => wrong("must be an absolute URL such as https://us-1.api.nicecxone.com"),
    }
}

#[cfg(test)]
mod tests;
