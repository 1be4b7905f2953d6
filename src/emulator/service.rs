//! A request's way: recorded, struck by a fault perhaps, answered, written through.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{Request, StatusCode, header};
use tokio::time::Instant;

use super::answer::{Answer, Refusal};
use super::api::tokens;
use super::call::{BODY_LIMIT, Call, Incoming, UnreadBody};
use super::clock::{Clock, rfc3339};
use super::control;
use super::fault::{Fault, Moment};
use super::idempotency;
use super::journal::{Journal, SeenRequest};
use super::limit::Limiter;
use super::outgoing::Outgoing;
use super::route::{self, Access};
use super::script::Scripts;
use super::state::State;
use super::store::{Error, Store};

/// One tenant that answers requests, one at a time.
pub(super) struct Service {
    core: Mutex<Core>,
}

struct Core {
    clock: Clock,
    store: Option<Store>,
    state: State,
    limiter: Limiter,
    journal: Journal,
    /// How often this data directory was opened; makes request ids unique.
    opened: u64,
    received: u64,
}

/// How a request is handled, under the lock.
type Handling = fn(&mut Core, &Incoming, &mut Scripts) -> Result<Answer, Refusal>;

/// What is known of a request when it has come in.
struct Arrival {
    number: u64,
    request_id: String,
    fault: Option<Fault>,
}

impl Service {
    /// Loads what the store holds; without a store the tenant lives in memory.
    pub(super) fn new(store: Option<Store>, clock: Clock) -> Result<Self, Error> {
        let mut state = State::new();
        if let Some(store) = &store {
            store.load(|collection, key, document| state.load(collection, key, document))?;
        }
        let opened = state.next_number("opening");
        let (limiter, journal) = (Limiter::default(), Journal::default());
        let mut core = Core { clock, store, state, limiter, journal, opened, received: 0 };
        core.write_through()?;
        Ok(Self { core: Mutex::new(core) })
    }

    /// A thread that panicked may have left changes half done; they are taken back.
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(|poisoned| {
            let mut core = poisoned.into_inner();
            core.state.undo();
            core
        })
    }

    pub(super) fn requests(&self) -> Vec<SeenRequest> {
        self.core().journal.seen().cloned().collect()
    }

    /// Answers a request; never fails, an error is an answer too.
    pub(super) async fn answer(&self, request: Request<Body>) -> Response {
        let incoming = read(request).await;
        if is_control(&incoming.path) {
            let request_id = self.core().next_request_id();
            let answer = self.handle(&incoming, &request_id, Core::control).await;
            return Outgoing::from(answer).into_response(&request_id);
        }
        let arrival = self.core().arrive(&incoming);
        let outgoing = self.answer_api(&incoming, &arrival).await;
        if let Some(status) = outgoing.seen_status() {
            self.core().journal.answered(arrival.number, &arrival.request_id, status);
        }
        outgoing.into_response(&arrival.request_id)
    }

    async fn answer_api(&self, incoming: &Incoming, arrival: &Arrival) -> Outgoing {
        let Some(fault) = &arrival.fault else { return self.perform(incoming, arrival).await };
        match fault.moment {
            Moment::Before => {
                pause(fault).await;
                self.refrain(incoming, arrival, fault).await
            }
            Moment::After => {
                let real = self.perform(incoming, arrival).await;
                pause(fault).await;
                fault.answer.as_ref().map_or(real, Outgoing::from).cut(fault.cut)
            }
        }
    }

    /// The fault's answer without the request's effect; a mere delay leaves both as they are.
    async fn refrain(&self, incoming: &Incoming, arrival: &Arrival, fault: &Fault) -> Outgoing {
        match (&fault.answer, fault.cut) {
            (Some(canned), cut) => Outgoing::from(canned).cut(cut),
            (None, None) => self.perform(incoming, arrival).await,
            (None, cut) => {
                let message = "the connection was to be cut";
                let refusal =
                    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "INJECTED_FAULT", message);
                Outgoing::from(refusal.into_answer(&arrival.request_id)).cut(cut)
            }
        }
    }

    async fn perform(&self, incoming: &Incoming, arrival: &Arrival) -> Outgoing {
        self.handle(incoming, &arrival.request_id, Core::api).await.into()
    }

    /// Handles a request, and again with the outcome of each script that it turns out to need.
    async fn handle(&self, incoming: &Incoming, request_id: &str, how: Handling) -> Answer {
        let mut scripts = Scripts::default();
        loop {
            let run = |core: &mut Core| how(core, incoming, &mut scripts);
            let answer = self.core().transact(request_id, run);
            if !scripts.catch_up().await {
                return answer;
            }
        }
    }
}

async fn pause(fault: &Fault) {
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms.into())).await;
    }
}

async fn read(request: Request<Body>) -> Incoming {
    let (parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let body = match announced {
        Some(length) if length > BODY_LIMIT => Err(UnreadBody::TooLarge),
        _ => read_body(body).await,
    };
    Incoming {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    }
}

async fn read_body(body: Body) -> Result<Bytes, UnreadBody> {
    let mut bytes = BytesMut::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| UnreadBody::Broken)?;
        if bytes.len() + chunk.len() > BODY_LIMIT {
            return Err(UnreadBody::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn is_control(path: &str) -> bool {
    path.strip_prefix(control::PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_token_request(path: &str) -> bool {
    matches!(path, "/oauth/token" | "/api/v2/oauth/token")
}

impl Core {
    fn next_request_id(&mut self) -> String {
        self.received += 1;
        format!("req-{}-{:06}", self.opened, self.received)
    }

    /// Records the request and picks the fault that strikes it.
    fn arrive(&mut self, incoming: &Incoming) -> Arrival {
        let request_id = self.next_request_id();
        let fault = self.pick_fault(incoming);
        let method = incoming.method.to_string();
        let number = self.journal.arrived(SeenRequest {
            number: 0,
            request_id: request_id.clone(),
            at: rfc3339(self.clock.now()),
            path: incoming.path.clone(),
            query: incoming.query.clone(),
            status: None,
            mutating: idempotency::is_mutating(&method) && !is_token_request(&incoming.path),
            method,
            idempotency_key: incoming.header("idempotency-key").map(str::to_owned),
            fault: fault.as_ref().map(|fault| fault.id.clone()),
        });
        Arrival { number, request_id, fault }
    }

    fn pick_fault(&mut self, incoming: &Incoming) -> Option<Fault> {
        let (method, path) = (incoming.method.as_str(), incoming.path.as_str());
        let matching = self.state.faults.values().filter(|fault| fault.matches(method, path));
        let ids: Vec<String> = matching.map(|fault| fault.id.clone()).collect();
        let fires = |id: &String| {
            let fault = self.state.faults.get_mut(id)?;
            fault.countdown.fires().then(|| fault.clone())
        };
        let picked = ids.iter().find_map(fires);
        // A count that could not be written strikes once more after a restart, which does no harm.
        if let Err(error) = self.write_through() {
            tracing::error!(%error, "the emulator cannot write");
        }
        picked
    }

    /// Runs one request: all of its changes are on disk when it returns, or none is made.
    fn transact(
        &mut self,
        request_id: &str,
        run: impl FnOnce(&mut Self) -> Result<Answer, Refusal>,
    ) -> Answer {
        let answer = run(self).and_then(|answer| {
            self.write_through().map(|()| answer).map_err(|error| {
                tracing::error!(%error, "the emulator cannot write");
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Refusal::new(status, "STORAGE_FAILED", error.to_string())
            })
        });
        answer.unwrap_or_else(|refusal| {
            self.state.undo();
            refusal.into_answer(request_id)
        })
    }

    /// Writes are synchronous: the lock must be held until the data is on disk, or another
    /// request would see what a crash could still take back.
    fn write_through(&mut self) -> Result<(), Error> {
        if let Some(store) = &self.store {
            store.commit(self.state.changes())?;
        }
        self.state.settle();
        Ok(())
    }

    fn control(&mut self, incoming: &Incoming, scripts: &mut Scripts) -> Result<Answer, Refusal> {
        let found = route::control(incoming.method.as_str(), &incoming.path)?;
        (found.handle)(&mut self.call(incoming, scripts, found.params, String::new()))
    }

    fn api(&mut self, incoming: &Incoming, scripts: &mut Scripts) -> Result<Answer, Refusal> {
        let found = route::api(incoming.method.as_str(), &incoming.path);
        if scripts.are_untouched() && !is_token_request(&incoming.path) {
            self.check_limit()?;
        }
        let found = found?;
        let Access::Needs(scope) = found.access else {
            let mut call = self.call(incoming, scripts, found.params, String::new());
            return (found.handle)(&mut call);
        };
        let now = self.clock.now();
        let client_id =
            tokens::authorize(&self.state, incoming.header("authorization"), scope, now)?;
        idempotency::once(&mut self.call(incoming, scripts, found.params, client_id), found.handle)
    }

    fn check_limit(&mut self) -> Result<(), Refusal> {
        let per_second = self.state.settings().requests_per_second;
        self.limiter.take(per_second, Instant::now()).map_err(|wait| {
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            let message = format!("the tenant takes {per_second} requests a second");
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message)
                .with_header("retry-after", seconds.to_string())
        })
    }

    fn call<'a>(
        &'a mut self,
        request: &'a Incoming,
        scripts: &'a mut Scripts,
        params: Vec<String>,
        client_id: String,
    ) -> Call<'a> {
        let now = self.clock.now();
        let (state, journal) = (&mut self.state, &mut self.journal);
        Call { state, journal, scripts, now, request, params, client_id }
    }
}
