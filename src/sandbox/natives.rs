//! What the sandbox needs of a script's globals, as they were before the script could change them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rquickjs::function::This;
use rquickjs::{Ctx, Exception, Function, Object, Value};

use super::calls::Calls;
use super::session::Session;
use super::stack;

/// Functions and classes that `setup.js` took out of the globals.
pub(super) struct Natives<'js> {
    ctx: Ctx<'js>,
    /// An error of the class that is the engine's own.
    internal_error: Object<'js>,
    /// The prototype of the class.
    range_error: Object<'js>,
    /// The prototype of the class.
    syntax_error: Object<'js>,
    /// Reads an error's stack.
    stack: Function<'js>,
    /// Makes a text for people of a value.
    show: Function<'js>,
    /// Makes the context of input and names.
    context: Function<'js>,
    crowded: Rc<Cell<bool>>,
}

/// What kind of thing was thrown.
pub(super) enum Class {
    /// The engine had no room.
    Exhaustion,
    /// The engine's stack was used up.
    Recursion,
    /// The script did not compile.
    Syntax,
    /// Another error.
    Error,
    /// A value that is no error.
    Value,
}

impl<'js> Natives<'js> {
    /// Prepares the globals and takes what is needed later.
    pub(super) fn take(
        ctx: &Ctx<'js>,
        session: &Arc<Session>,
        calls: &Rc<Calls>,
    ) -> rquickjs::Result<Self> {
        let crowded = plant_canary(ctx)?;
        let console = Arc::clone(session);
        let write = Function::new(ctx.clone(), move |text: String| console.log(&text))?;
        let calls = Rc::clone(calls);
        let invoke = move |ctx: Ctx<'js>, name: String, input: String| {
            let failed = |message: String| Exception::throw_message(&ctx, &message);
            calls.invoke(&name, &input).map_err(failed)
        };
        let invoke = Function::new(ctx.clone(), invoke)?;
        let setup: Function = ctx.eval(include_str!("setup.js"))?;
        let natives: Object = setup.call((write, invoke))?;
        Ok(Self {
            ctx: ctx.clone(),
            internal_error: natives.get("internalError")?,
            range_error: natives.get("rangeError")?,
            syntax_error: natives.get("syntaxError")?,
            stack: natives.get("stack")?,
            show: natives.get("show")?,
            context: natives.get("context")?,
            crowded,
        })
    }

    /// Makes what `main` is called with.
    pub(super) fn context(
        &self,
        input: &str,
        dependencies: &BTreeSet<String>,
    ) -> rquickjs::Result<Object<'js>> {
        let names: Vec<&str> = dependencies.iter().map(String::as_str).collect();
        self.context.call((input, names))
    }

    /// Returns whether the memory was nearly used up at some time.
    pub(super) fn is_crowded(&self) -> bool {
        self.crowded.get()
    }

    /// Returns the stack of an error.
    pub(super) fn stack(&self, thrown: &Value<'js>) -> Option<String> {
        thrown.as_exception()?;
        self.stack.call((This(thrown.clone()),)).inspect_err(|_| self.forget()).ok()
    }

    /// Returns a text for people.
    pub(super) fn show(&self, value: &Value<'js>) -> String {
        let shown = self.show.call((value.clone(),)).inspect_err(|_| self.forget());
        shown.unwrap_or_else(|_| "something that has no text".to_owned())
    }

    /// Drops an exception that came while another one was told.
    fn forget(&self) {
        self.ctx.catch();
    }

    /// Tells by the classes of errors, which the script cannot change, as far as they say it.
    pub(super) fn class(&self, thrown: &Value<'js>, stack: Option<&str>) -> Class {
        let Some(error) = thrown.as_exception() else {
            // What the engine throws when it has no room for an error. Scripts may throw it too.
            let exhausted = thrown.is_null() && self.is_crowded();
            return if exhausted { Class::Exhaustion } else { Class::Value };
        };
        let Some(class) = error.as_object().get_prototype() else { return Class::Error };
        // Scripts cannot make one, and the engine does so for what it has no room for.
        if Some(&class) == self.internal_error.get_prototype().as_ref() {
            Class::Exhaustion
        } else if class == self.range_error && is_recursion(error) {
            Class::Recursion
        } else if class == self.syntax_error && stack.is_none_or(stack::is_of_compilation) {
            Class::Syntax
        } else {
            Class::Error
        }
    }
}

/// The engine has no other sign of this than the text of its error.
fn is_recursion(error: &Exception<'_>) -> bool {
    error.message().is_some_and(|text| text == "Maximum call stack size exceeded")
}

/// Leaves an object to the garbage collector and returns whether that has run, which it does
/// only when the memory is nearly used up.
fn plant_canary(ctx: &Ctx<'_>) -> rquickjs::Result<Rc<Cell<bool>>> {
    struct Canary(Rc<Cell<bool>>);
    impl Drop for Canary {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let gone = Rc::new(Cell::new(false));
    let canary = Canary(Rc::clone(&gone));
    let holder = Function::new(ctx.clone(), move || canary.0.get())?;
    // Counting references does not free what holds itself.
    holder.set("itself", holder.clone())?;
    Ok(gone)
}
