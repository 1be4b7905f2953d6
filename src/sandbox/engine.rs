//! One script in one engine, on the current thread.

use std::sync::Arc;

use rquickjs::{Context, Runtime, context::intrinsic};
use serde_json::Value;

use super::realm::Realm;
use super::session::Session;
use super::{Fault, FaultKind, Script};

/// The language without the clocks and classes of browsers.
type Language = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::WeakRef,
);

/// Compiles the script, runs its top-level code and looks for `main`.
pub(super) fn check(session: &Arc<Session>, content: &Arc<str>) -> Result<(), Fault> {
    within_limits(session, &[], content, |realm| realm.load().map(drop))
}

/// Runs the script that the run begins with.
pub(super) fn entry(session: &Arc<Session>, name: String, input: &str) -> Result<Value, Fault> {
    let output = call(session, &[name], input)?;
    serde_json::from_str(&output).map_err(|error| {
        Fault::new(FaultKind::BadOutput, format!("what `main` returned is no JSON: {error}"))
    })
}

/// Runs the last script of the chain, which the others called one after the other; input and output
/// are JSON text.
pub(super) fn call(session: &Arc<Session>, chain: &[String], input: &str) -> Result<String, Fault> {
    let name = chain.last().map_or("", String::as_str);
    let Some(Script { content, dependencies }) = session.scripts.get(name) else {
        return Err(Fault::new(FaultKind::Missing, format!("there is no action \"{name}\"")));
    };
    within_limits(session, chain, content, |realm| {
        let main = realm.load()?;
        let returned = realm.call(&main, input, dependencies)?;
        realm.text(realm.settled(returned)?)
    })
}

/// Does the work in a fresh engine.
fn within_limits<T>(
    session: &Arc<Session>,
    chain: &[String],
    content: &Arc<str>,
    work: impl FnOnce(&Realm<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let broken = |error: rquickjs::Error| {
        Fault::new(FaultKind::Engine, format!("the script's engine did not start: {error}"))
    };
    let engine = start(session).map_err(broken)?;
    let result = engine.with(|ctx| {
        let realm = Realm::new(ctx, session, chain, content).map_err(broken)?;
        work(&realm)
    });
    match result {
        Err(fault) if fault.kind == FaultKind::TimedOut => Err(fault),
        // What comes too late is no result.
        _ if session.expired() => Err(session.timed_out()),
        result => result,
    }
}

fn start(session: &Arc<Session>) -> rquickjs::Result<Context> {
    let runtime = Runtime::new()?;
    let context = Context::custom::<Language>(&runtime)?;
    runtime.set_memory_limit(session.limits.memory);
    // Collected cycles tell that the memory was nearly used up; see `natives`.
    runtime.set_gc_threshold(session.limits.memory / 8 * 7);
    runtime.set_max_stack_size(session.limits.stack);
    let clock = Arc::clone(session);
    runtime.set_interrupt_handler(Some(Box::new(move || clock.expired())));
    Ok(context)
}
