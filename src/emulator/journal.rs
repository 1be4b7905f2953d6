//! The requests that came in, for tests and people to look at.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// How many requests are kept; older ones are only counted.
const KEPT: usize = 10_000;

/// A request that the emulator has received. Calls of the control API are not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenRequest {
    /// Its place in the order of arrival, from 1 since the last clearing.
    pub number: u64,
    /// Its `X-Request-Id`.
    pub request_id: String,
    /// When it came, RFC 3339.
    pub at: String,
    /// Such as `GET`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark; empty when there is none.
    pub query: String,
    /// The answer's status; `None` while there is none yet, and when the connection was cut.
    pub status: Option<u16>,
    /// Whether it may change the tenant: not a read, and not a request for a token.
    pub mutating: bool,
    /// Its `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// The id of the injected fault that struck it.
    pub fault: Option<String>,
}

/// How many requests came in since the last clearing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    total: u64,
    mutating: u64,
    by_status: BTreeMap<u16, u64>,
}

/// The last requests, and the counts of all.
#[derive(Debug, Default)]
pub(super) struct Journal {
    seen: VecDeque<SeenRequest>,
    counts: Counts,
}

impl Journal {
    /// Records an arrival and returns its number.
    pub(super) fn arrived(&mut self, mut request: SeenRequest) -> u64 {
        self.counts.total += 1;
        self.counts.mutating += u64::from(request.mutating);
        request.number = self.counts.total;
        if self.seen.len() == KEPT {
            self.seen.pop_front();
        }
        let number = request.number;
        self.seen.push_back(request);
        number
    }

    /// Records what that arrival, by its request id, was answered with.
    pub(super) fn answered(&mut self, number: u64, request_id: &str, status: u16) {
        *self.counts.by_status.entry(status).or_default() += 1;
        let Some(first) = self.seen.front().map(|seen| seen.number) else { return };
        let index = number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| self.seen.get_mut(index));
        // The list may have been cleared while the request was under way.
        if let Some(seen) = found.filter(|seen| seen.request_id == request_id) {
            seen.status = Some(status);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn seen(&self) -> impl Iterator<Item = &SeenRequest> {
        self.seen.iter()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(request_id: &str) -> SeenRequest {
        SeenRequest {
            number: 0,
            request_id: request_id.into(),
            at: String::new(),
            method: "POST".into(),
            path: "/".into(),
            query: String::new(),
            status: None,
            mutating: true,
            idempotency_key: None,
            fault: None,
        }
    }

    #[test]
    fn the_oldest_go_and_stay_counted() {
        let mut journal = Journal::default();
        for _ in 0..=KEPT {
            let number = journal.arrived(request("req"));
            journal.answered(number, "req", 200);
        }
        assert_eq!(journal.seen().count(), KEPT);
        assert_eq!(journal.seen().next().map(|seen| seen.number), Some(2));
        assert_eq!(journal.counts().by_status, BTreeMap::from([(200, KEPT as u64 + 1)]));
        assert!(journal.seen().all(|seen| seen.status == Some(200)));
    }

    #[test]
    fn an_answer_after_clearing_marks_no_other_request() {
        let mut journal = Journal::default();
        let number = journal.arrived(request("first"));
        journal.clear();
        journal.arrived(request("second"));
        journal.answered(number, "first", 200);
        assert_eq!(journal.seen().next().and_then(|seen| seen.status), None);
    }
}
