//! The globals of one script, and what happens in them.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, FromJs, Function, Type, Value};

use super::calls::Calls;
use super::natives::{Class, Natives};
use super::session::Session;
use super::{Fault, FaultKind, stack};

/// What was thrown is told in at most so many characters.
const LONGEST_MESSAGE: usize = 2_000;

/// One script's globals, prepared before its code ran.
///
/// JavaScript values are held here and never in a closure that JavaScript holds: the engine would not
/// see such a cycle, and aborts the process over an object that nothing frees.
pub(super) struct Realm<'js> {
    ctx: Ctx<'js>,
    content: Arc<str>,
    session: Arc<Session>,
    calls: Rc<Calls>,
    natives: Natives<'js>,
}

impl<'js> Realm<'js> {
    /// Prepares the globals for the script.
    pub(super) fn new(
        ctx: Ctx<'js>,
        session: &Arc<Session>,
        chain: &[String],
        content: &Arc<str>,
    ) -> rquickjs::Result<Self> {
        let calls = Rc::new(Calls::new(session, chain));
        let natives = Natives::take(&ctx, session, &calls)?;
        let (content, session) = (Arc::clone(content), Arc::clone(session));
        Ok(Self { ctx, content, session, calls, natives })
    }

    /// Compiles the script, runs its top-level code and returns its `main`.
    pub(super) fn load(&self) -> Result<Function<'js>, Fault> {
        if let Some(place) = place_of_nul(&self.content) {
            return Err(Fault::new(FaultKind::Syntax, "a NUL character").at(Some(place)));
        }
        self.eval::<Value>(&self.content, stack::FILE)?;
        // Also finds a `const main`, which is no property of the globals.
        let main = "typeof main === 'function' ? main : undefined";
        self.eval::<Option<Function>>(main, "flowgate.js")?
            .ok_or_else(|| Fault::new(FaultKind::NoMain, "the script defines no function `main`"))
    }

    fn eval<V: FromJs<'js>>(&self, source: &str, file: &str) -> Result<V, Fault> {
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(file.to_owned());
        self.ctx.eval_with_options(source, options).map_err(|error| self.fault(&error))
    }

    /// Calls `main` with the context of this input and these dependencies.
    pub(super) fn call(
        &self,
        main: &Function<'js>,
        input: &str,
        dependencies: &BTreeSet<String>,
    ) -> Result<Value<'js>, Fault> {
        let context = self.natives.context(input, dependencies);
        let returned = context.and_then(|context| main.call((context,)));
        returned.map_err(|error| self.fault(&error))
    }

    /// Waits for the value if it is a promise, by running the jobs that wait.
    pub(super) fn settled(&self, value: Value<'js>) -> Result<Value<'js>, Fault> {
        let Some(promise) = value.as_promise() else { return Ok(value) };
        loop {
            if let Some(result) = promise.result() {
                return result.map_err(|error| self.fault(&error));
            }
            if self.session.expired() {
                return Err(self.calls.late());
            }
            if !self.ctx.execute_pending_job() {
                return Err(self.unsettled());
            }
        }
    }

    /// A job that has no room for its error leaves its promise as it is.
    fn unsettled(&self) -> Fault {
        if self.natives.is_crowded() {
            return self.exhausted();
        }
        Fault::new(FaultKind::Unsettled, "`main` returned a promise that nothing settles")
    }

    /// Returns the value as JSON text; `undefined` is `null`.
    pub(super) fn text(&self, value: Value<'js>) -> Result<String, Fault> {
        let kind = value.type_of();
        if kind == Type::Undefined {
            return Ok("null".to_owned());
        }
        let text = self
            .ctx
            .json_stringify(value)
            .and_then(|text| text.map(|text| text.to_string()).transpose());
        let text = text.map_err(|error| bad_output(self.fault(&error)))?;
        let text = text.ok_or_else(|| {
            let kind = if kind == Type::Symbol { "symbol" } else { "function" };
            let message = format!("`main` returned a {kind}, which is no JSON");
            Fault::new(FaultKind::BadOutput, message)
        })?;
        self.small(text)
    }

    /// Refuses a text that would be many times its size as a value.
    fn small(&self, text: String) -> Result<String, Fault> {
        let most = self.session.limits.memory / 8;
        if text.len() <= most {
            return Ok(text);
        }
        let message =
            format!("`main` returned {} bytes of JSON; at most {most} are taken", text.len());
        Err(Fault::new(FaultKind::BadOutput, message))
    }

    /// Returns why the last call into the engine failed.
    fn fault(&self, error: &rquickjs::Error) -> Fault {
        let thrown = self.ctx.has_exception().then(|| self.ctx.catch());
        if self.session.expired() {
            return self.calls.late();
        }
        match thrown {
            Some(thrown) => self.thrown(&thrown),
            None if self.natives.is_crowded() => self.exhausted(),
            None => Fault::new(FaultKind::Engine, format!("the engine failed: {error}")),
        }
    }

    fn thrown(&self, thrown: &Value<'js>) -> Fault {
        let text = self.natives.show(thrown);
        if let Some(fault) = self.calls.fault_behind(&text) {
            return fault;
        }
        let text: String = text.chars().take(LONGEST_MESSAGE).collect();
        let stack = self.natives.stack(thrown);
        let fault = match self.natives.class(thrown, stack.as_deref()) {
            Class::Exhaustion => self.exhausted(),
            Class::Recursion => Fault::new(FaultKind::StackOverflow, "calls are nested too deeply"),
            Class::Syntax => {
                let message = text.strip_prefix("SyntaxError: ").unwrap_or(&text);
                Fault::new(FaultKind::Syntax, message)
            }
            Class::Error => Fault::new(FaultKind::Thrown, text),
            Class::Value => Fault::new(FaultKind::Thrown, format!("threw {text}")),
        };
        fault.at(stack.and_then(|stack| stack::innermost(&stack, &self.content)))
    }

    fn exhausted(&self) -> Fault {
        let limit = self.session.limits.memory >> 20;
        Fault::new(FaultKind::OutOfMemory, format!("needs more than {limit} MiB of memory"))
    }
}

fn bad_output(fault: Fault) -> Fault {
    match fault.kind {
        FaultKind::Thrown => {
            let message = format!("what `main` returned is no JSON: {}", fault.message);
            Fault { kind: FaultKind::BadOutput, message, ..fault }
        }
        _ => fault,
    }
}

fn place_of_nul(content: &str) -> Option<(u32, u32)> {
    let (before, _) = content.split_once('\0')?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
}
