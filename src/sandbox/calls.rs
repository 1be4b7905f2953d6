//! How a script calls those that it depends on.

use std::cell::RefCell;
use std::sync::Arc;

use super::session::Session;
use super::{Fault, FaultKind, engine, worker};

/// So many actions may be at work at once, each called by the one before.
pub(super) const DEEPEST: usize = 32;

/// The calls that one script makes.
pub(super) struct Calls {
    session: Arc<Session>,
    chain: Vec<String>,
    /// The last call that failed: what the script was told, and what happened.
    failed: RefCell<Option<(String, Fault)>>,
}

impl Calls {
    /// Takes the names of the scripts that are at work, the caller's last.
    pub(super) fn new(session: &Arc<Session>, chain: &[String]) -> Self {
        let session = Arc::clone(session);
        Self { session, chain: chain.to_vec(), failed: RefCell::default() }
    }

    /// Runs the action and returns its output, or what the caller is told. Both are texts.
    pub(super) fn invoke(&self, name: &str, input: &str) -> Result<String, String> {
        self.attempt(name, input.to_owned()).map_err(|fault| {
            let message = format!("action \"{name}\" failed: {}", fault.message);
            let fault = Fault { message: message.clone(), ..fault.within(name) };
            self.failed.replace(Some((message.clone(), fault)));
            message
        })
    }

    fn attempt(&self, name: &str, input: String) -> Result<String, Fault> {
        let mut chain = self.chain.clone();
        chain.push(name.to_owned());
        if self.chain.iter().any(|caller| caller == name) {
            let message = format!("the actions call each other in a circle: {}", chain.join(" → "));
            return Err(Fault::new(FaultKind::Thrown, message));
        }
        if chain.len() > DEEPEST {
            let message = format!("more than {DEEPEST} actions call each other in a row");
            return Err(Fault::new(FaultKind::StackOverflow, message));
        }
        worker::finish(&self.session, move |session| engine::call(session, &chain, &input))
    }

    /// Returns what happened in the called script when what was thrown here is what its caller was
    /// told, unchanged.
    pub(super) fn fault_behind(&self, thrown: &str) -> Option<Fault> {
        let failed = self.failed.borrow();
        let (message, fault) = failed.as_ref()?;
        (thrown.strip_prefix("Error: ")? == message).then(|| fault.clone())
    }

    /// Says that the time is up, and in which called script it was, if in one.
    pub(super) fn late(&self) -> Fault {
        let failed = self.failed.borrow();
        let there = failed.as_ref().filter(|(_, fault)| fault.kind == FaultKind::TimedOut);
        there.map_or_else(|| self.session.timed_out(), |(_, fault)| fault.clone())
    }
}
