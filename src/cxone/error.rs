//! What can go wrong in a call, and how to take it.

use std::fmt;

use super::exchange::ExchangeError;

/// How a failed call is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// A later pass may succeed without anybody doing anything.
    Transient,
    /// Somebody must change a manifest, a setting or the tenant first.
    Mistake,
    /// The tenant is not as it was when it was read: read again and decide anew.
    Conflict,
}

/// A call that failed.
///
/// Displays as one sentence: what was asked, what came back, what to do. Never holds a
/// credential or a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {kind}")]
pub struct Error {
    call: String,
    kind: ErrorKind,
}

impl Error {
    pub(super) fn new(call: impl Into<String>, kind: ErrorKind) -> Self {
        Self { call: call.into(), kind }
    }

    /// Returns what was asked, such as `GET /api/v2/flows/42`.
    pub fn call(&self) -> &str {
        &self.call
    }

    /// Returns what came back.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns how the failure is to be taken.
    pub fn handling(&self) -> Handling {
        self.kind.handling()
    }

    /// Tells whether there is no such thing, or no such call: the status is 404.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self.kind, ErrorKind::NotFound { .. })
    }

    /// Returns the error of a 404 that cannot be about the thing, because the thing is there.
    pub(super) fn of_endpoint(self) -> Self {
        let Self { call, kind } = self;
        let kind = match kind {
            ErrorKind::NotFound { message } => ErrorKind::EndpointMissing { status: 404, message },
            kind => kind,
        };
        Self { call, kind }
    }

    /// Returns the platform's code of a conflict, such as `NAME_EXISTS`.
    pub fn conflict_code(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Conflict { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Tells whether the call may have taken effect although no answer says so.
    pub fn leaves_effect_unknown(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Unavailable { .. } | ErrorKind::Unanswered(_) | ErrorKind::Unreadable(_)
        )
    }
}

/// One fault of a refused body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into the body that was sent; empty where the platform gives none.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
    /// In a text such as a script: the line, from 1, where the platform says.
    pub line: Option<u32>,
    /// The line's column, from 1, where the platform says.
    pub column: Option<u32>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.message)?,
            pointer => write!(f, "{pointer}: {}", self.message)?,
        }
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, " (line {line}, column {column})"),
            (Some(line), None) => write!(f, " (line {line})"),
            (None, _) => Ok(()),
        }
    }
}

/// What came back instead of an answer.
///
/// Texts from the tenant are shortened and rid of control characters, tags and credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The settings of the tenant, or an id, cannot make a request. Nothing was sent.
    #[error("{0}")]
    Misconfigured(String),
    /// No token was given, or two tokens in a row were refused.
    #[error("the tenant does not accept the credentials ({reason}); check {source_name}")]
    Credentials {
        /// Where the credentials come from, such as the names of environment variables.
        source_name: String,
        /// What the tenant said.
        reason: String,
    },
    /// 403. Never retried.
    #[error(
        "the credentials may not do this{}; grant the client the scope {scope} in CXone, and name \
             it if the tenant's scopes are listed in flowgate.yaml",
        said(message)
    )]
    Forbidden {
        /// The scope that the tenant names, else the one that the call needs.
        scope: String,
        /// What the tenant said.
        message: String,
    },
    /// 404 of something that is named by its id.
    #[error(
        "the tenant does not have it{}; it was deleted meanwhile, or the tenant does not offer \
             this call",
        said(message)
    )]
    NotFound {
        /// What the tenant said.
        message: String,
    },
    /// 409.
    #[error("the tenant refuses this as it stands: {code}{}{}", said(message), way_on(code))]
    Conflict {
        /// Such as `VERSION_CONFLICT`; `CONFLICT` where the tenant gives none.
        code: String,
        /// What the tenant said.
        message: String,
        /// With `VERSION_CONFLICT`: what guards it now, where the tenant says, such as a flow's draft
        /// revision.
        current_version: Option<u64>,
    },
    /// 400 or 422: the body is not what the tenant takes.
    #[error("the tenant refuses the content: {code}{}{}", said(message), listed(faults))]
    Invalid {
        /// Such as `SCHEMA_VALIDATION_FAILED`; `INVALID` where the tenant gives none.
        code: String,
        /// What the tenant said.
        message: String,
        /// What is wrong where.
        faults: Vec<Fault>,
    },
    /// 429 to the last attempt.
    #[error(
        "the tenant's rate limit did not let it through after all retries; lower the tenant's \
             requestsPerSecond, or see what else uses the tenant"
    )]
    RateLimited,
    /// 5xx to the last attempt. A write may have taken effect.
    #[error("the tenant is not available (status {status}){}; try again later", said(message))]
    Unavailable {
        /// The last answer's status.
        status: u16,
        /// What the tenant said.
        message: String,
    },
    /// The request never reached the tenant. Nothing took effect.
    #[error("{0}; check the tenant's baseUrl and tokenUrl, and the network")]
    Unreachable(String),
    /// The answer was lost. A write may have taken effect.
    #[error("{0}; whether it took effect is not known, the next pass looks")]
    Unanswered(String),
    /// The answer is not what the contract says. A write has most likely taken effect.
    #[error(
        "the answer cannot be read: {0}; check that baseUrl and tokenUrl are those of a CXone API"
    )]
    Unreadable(String),
    /// 405, or 404 where nothing is named that could be absent, or what is named is there.
    #[error(
        "the tenant does not offer this call (status {status}){}; check baseUrl and tokenUrl, and \
             whether the tenant's API has this endpoint",
        said(message)
    )]
    EndpointMissing {
        /// 404 or 405.
        status: u16,
        /// What the tenant said.
        message: String,
    },
    /// 3xx. Redirects are not followed, so that credentials go nowhere else.
    #[error(
        "the tenant redirects (status {status}) to {location}, which is not followed; set baseUrl \
             and tokenUrl to where the API answers"
    )]
    Redirected {
        /// The status.
        status: u16,
        /// The `Location`, or `nowhere`.
        location: String,
    },
    /// A status that the contract does not know.
    #[error("the tenant answers with status {status}{}", said(message))]
    Unexpected {
        /// The status.
        status: u16,
        /// What the tenant said.
        message: String,
    },
}

impl ErrorKind {
    fn handling(&self) -> Handling {
        match self {
            Self::RateLimited
            | Self::Unavailable { .. }
            | Self::Unreachable(_)
            | Self::Unanswered(_)
            | Self::Unreadable(_) => Handling::Transient,
            Self::NotFound { .. } | Self::Conflict { .. } => Handling::Conflict,
            Self::Misconfigured(_)
            | Self::Credentials { .. }
            | Self::Forbidden { .. }
            | Self::Invalid { .. }
            | Self::EndpointMissing { .. }
            | Self::Redirected { .. }
            | Self::Unexpected { .. } => Handling::Mistake,
        }
    }
}

impl From<ExchangeError> for ErrorKind {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::NotSent(text) => Self::Unreachable(text),
            ExchangeError::Unanswered(text) => Self::Unanswered(text),
        }
    }
}

/// Says what helps, where anything but reading it does.
fn way_on(code: &str) -> &'static str {
    match code {
        "VERSION_CONFLICT" => "; somebody wrote it meanwhile, and the next pass reads it again",
        "RECORD_LOCKED" | "ENVIRONMENT_LOCKED" | "FLOW_LOCKED" => {
            "; once it is released, the next pass goes on"
        }
        _ => "",
    }
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(" ({message})") }
}

fn listed(faults: &[Fault]) -> String {
    let lines: Vec<_> = faults.iter().map(Fault::to_string).collect();
    if lines.is_empty() { String::new() } else { format!(": {}", lines.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(kind: ErrorKind) -> String {
        Error::new("POST /api/v2/flows/42/publish", kind).to_string()
    }

    #[test]
    fn an_error_says_what_was_asked_what_came_back_and_what_to_do() {
        let scope = "flows:publish".to_owned();
        insta::assert_snapshot!(
            show(ErrorKind::Forbidden { scope, message: "missing scope".into() }),
            @"POST /api/v2/flows/42/publish: the credentials may not do this (missing scope); grant the client the scope flows:publish in CXone, and name it if the tenant's scopes are listed in flowgate.yaml"
        );
        let fault = Fault {
            pointer: "/elements/0/type".into(),
            message: "no such type".into(),
            ..Fault::default()
        };
        let code = "SCHEMA_VALIDATION_FAILED".to_owned();
        insta::assert_snapshot!(
            show(ErrorKind::Invalid { code, message: String::new(), faults: vec![fault] }),
            @"POST /api/v2/flows/42/publish: the tenant refuses the content: SCHEMA_VALIDATION_FAILED: /elements/0/type: no such type"
        );
        insta::assert_snapshot!(
            show(ErrorKind::Unreachable("cannot reach 127.0.0.1:9: connection refused".into())),
            @"POST /api/v2/flows/42/publish: cannot reach 127.0.0.1:9: connection refused; check the tenant's baseUrl and tokenUrl, and the network"
        );
    }
}
