//! What scripts may do, and what becomes of those that do more.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn limits() -> Limits {
    // The machine that tests is busy: only a test of the clock makes it short.
    Limits { wall: Duration::from_mins(1), memory: 4 << 20, stack: 256 << 10 }
}

/// For scripts that never end: it does not matter how far they get.
fn short() -> Limits {
    Limits { wall: Duration::from_millis(40), ..limits() }
}

/// Long enough for the scripts to get to where they hang.
fn a_second() -> Limits {
    Limits { wall: Duration::from_secs(1), ..limits() }
}

fn script(content: &str, dependencies: &[&str]) -> Script {
    let dependencies = dependencies.iter().map(ToString::to_string).collect();
    Script { content: content.into(), dependencies }
}

fn scripts(all: &[(&str, &str, &[&str])]) -> BTreeMap<String, Script> {
    let named = |(name, content, dependencies): &(&str, &str, &[&str])| {
        ((*name).to_owned(), script(content, dependencies))
    };
    all.iter().map(named).collect()
}

fn run_alone(content: &str, input: &Value, limits: &Limits) -> Run {
    run("entry", &scripts(&[("entry", content, &[])]), input, limits)
}

fn main_of(body: &str) -> String {
    format!("function main(context) {{ {body} }}")
}

fn output(body: &str) -> Value {
    run_alone(&main_of(body), &Value::Null, &limits()).result.expect(body)
}

fn fault(content: &str, limits: &Limits) -> Fault {
    run_alone(content, &Value::Null, limits).result.expect_err(content)
}

fn kind(body: &str, limits: &Limits) -> FaultKind {
    fault(&main_of(body), limits).kind
}

fn place(fault: &Fault) -> (FaultKind, Option<u32>, Option<u32>) {
    (fault.kind, fault.line, fault.column)
}

fn assert_healthy() {
    let run = run_alone("function main(c) { return c.input.a + 1 }", &json!({"a": 41}), &limits());
    assert_eq!(run.result, Ok(json!(42)));
}

#[test]
fn what_does_not_end_is_stopped_wherever_it_hangs() {
    for body in [
        "while (true) {}",
        "try { while (true) {} } catch { return 'caught' }",
        "try { while (true) {} } finally { return 'finally' }",
        "for (;;) { try { for (;;) {} } catch {} }",
        "/(a+)+$/.test('a'.repeat(60) + 'b')",
        "return (async () => { try { for (;;) {} } catch { return 'caught' } })()",
        "const again = () => { Promise.resolve().then(again) }; again(); return new Promise(() => {})",
        "return { toJSON() { for (;;) {} } }",
        "throw { toString() { for (;;) {} }, toJSON() { for (;;) {} } }",
        "throw new Proxy({}, { get() { for (;;) {} } })",
        "Error.prepareStackTrace = () => { for (;;) {} }; null.x",
        "return [2, 1].sort(() => { for (;;) {} })",
        "return new Array(2 ** 32 - 1).indexOf(1)",
    ] {
        assert_eq!(kind(body, &short()), FaultKind::TimedOut, "{body}");
    }
    assert_eq!(fault("for (;;) {}", &short()).kind, FaultKind::TimedOut);
    assert_healthy();
}

#[test]
fn nobody_waits_for_what_cannot_be_stopped() {
    let search = "const b = 'a'.repeat(5e4) + 'b'; return 'a'.repeat(2e5).indexOf(b)";
    for body in [search, "return Array.prototype.join.call({ length: 1e7 }, '')"] {
        assert_eq!(kind(body, &short()), FaultKind::TimedOut, "{body}");
    }
    assert_healthy();
}

#[test]
fn what_takes_all_memory_is_stopped() {
    for body in [
        "let s = 'x'; for (;;) s += s",
        "let s = 'x'; for (;;) s = (s + s).toUpperCase()",
        "return new Array(1e9).fill(1)",
        "return Array.from({ length: 1e9 })",
        "return new Uint8Array(1e9)",
        "const all = []; for (;;) all.push(new Uint8Array(1e5))",
        "const all = []; for (;;) all.push({})",
        "const all = []; let i = 0; for (;;) all.push('x' + i++)",
        "let last = null; for (;;) last = { last }",
        "globalThis.last = null; for (;;) last = [last]",
        "let last = {}; for (;;) { last = { last }; last.last.next = last }",
        "const all = new Set(); for (;;) all.add(all.size)",
        "const all = new Map(); for (;;) all.set({}, 1)",
        "return (async () => { const all = []; for (;;) { all.push({}); await null } })()",
        "console.log('x'.repeat(1e8))",
    ] {
        assert_eq!(kind(body, &limits()), FaultKind::OutOfMemory, "{body}");
    }
    assert_healthy();
}

#[test]
fn memory_that_runs_out_at_any_point_harms_nobody() {
    let busy = r"
        class A { #x = 1; get x() { return this.#x } static *g() { yield* [1, 2, 3] } }
        async function work(n) { return n + (await Promise.all([1, 2].map(async (x) => x))).length }
        async function main() {
          const kept = [];
          for (let i = 0; i < 300; i++) {
            kept.push(new A().x, [...A.g()], JSON.parse('[{}]'), /(\w+)-(\d+)/.exec('a-' + i), Symbol('s' + i));
            kept.push(new Map([[{}, i]]), new Proxy({}, {}), { ['p' + i]: i }, BigInt(i) ** 20n, new Uint8Array(i));
            kept.push(`t${i}`.split(''), new WeakRef({}), eval('(x) => x + ' + i), kept, await work(i));
            try { null.x } catch (e) { kept.push(e) }
            console.log(i, { i });
          }
        }";
    for memory in (1 << 20..2 << 20).step_by(20_011) {
        let run = run_alone(busy, &Value::Null, &Limits { memory, ..limits() });
        let kind = run.result.map_err(|fault| fault.kind);
        assert!(matches!(kind, Ok(_) | Err(FaultKind::OutOfMemory)), "{memory}: {kind:?}");
    }
    assert_healthy();
}

#[test]
fn what_calls_itself_too_deeply_is_stopped() {
    for body in [
        "const f = () => f() + 1; return f()",
        "return [1].map(function f(x) { return [x].map(f) })",
        "const f = () => `${{ toString: f }}`; return f()",
        "return JSON.parse('['.repeat(1e5))",
        "return eval('('.repeat(1e5))",
        "let a = []; for (let i = 0; i < 2e4; i++) a = [a]; return JSON.stringify(a)",
    ] {
        assert_eq!(kind(body, &limits()), FaultKind::StackOverflow, "{body}");
        let largest = Limits { stack: usize::MAX, memory: 64 << 20, ..limits() };
        let deep = run_alone(&main_of(body), &Value::Null, &largest).result;
        assert!(!deep.is_err_and(|fault| fault.kind == FaultKind::Engine), "{body}");
    }
    assert_eq!(fault(&"(".repeat(60_000), &limits()).kind, FaultKind::StackOverflow);
    assert_healthy();
}

#[test]
fn what_is_thrown_is_told() {
    for (body, message) in [
        ("throw new Error('no customer')", "Error: no customer"),
        ("throw Object.assign(new Error('m'), { name: 'Own' })", "Own: m"),
        ("throw 'out of memory'", "threw out of memory"),
        ("throw null", "threw null"),
        ("throw { code: 3 }", "threw {\"code\":3}"),
        ("throw Symbol('s')", "threw Symbol(s)"),
        (
            "throw { toString() { throw 1 }, toJSON() { throw 1 } }",
            "threw something that has no text",
        ),
        ("throw new RangeError('out of memory')", "RangeError: out of memory"),
        ("throw new SyntaxError('own')", "SyntaxError: own"),
        ("return Promise.reject(new Error('later'))", "Error: later"),
        ("new InternalError('x')", "ReferenceError: InternalError is not defined"),
        ("return require('fs')", "ReferenceError: require is not defined"),
        ("return import('fs')", "ReferenceError: could not load module 'fs'"),
    ] {
        let fault = fault(&main_of(body), &limits());
        assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Thrown, message));
        assert_eq!(fault.script, None);
    }
    assert_healthy();
}

#[test]
fn a_throw_has_the_place_that_it_has_in_the_script() {
    for (content, line, column) in [
        ("function main() {\n  throw new Error('x')\n}", 2, 13),
        ("function main(c) {\n\n  return c.input.a.b\n}", 3, 10),
        ("function f() { null.x }\nfunction main() {\n  f()\n}", 1, 15),
        ("const ü = '😀'; missing()\nfunction main() {}", 1, 16),
        ("function main() {\n  return JSON.parse('x')\n}", 2, 15),
        ("async function main() {\n  await null\n  throw new Error('x')\n}", 3, 13),
    ] {
        let fault = fault(content, &limits());
        assert_eq!(place(&fault), (FaultKind::Thrown, Some(line), Some(column)), "{content}");
    }
}

#[test]
fn a_script_that_does_not_compile_has_the_engines_place() {
    for (content, line, column) in [
        ("function main( {", 1, 17),
        ("let a = 1;\n  let a = 2", 2, 9),
        ("function main() {", 1, 18),
        ("\n\n/* abc", 3, 1),
        ("é = 'ü' +* 2", 1, 10),
        ("'abc", 1, 1),
        ("a\0b", 1, 2),
        ("return 1", 1, 1),
        ("await main()", 1, 7),
        ("import fs from 'fs'; function main() {}", 1, 8),
        ("export function main() {}", 1, 1),
    ] {
        let fault = check(content, &limits()).expect_err(content);
        assert_eq!(place(&fault), (FaultKind::Syntax, Some(line), Some(column)), "{content}");
    }
    let pattern = check("function main() { return /(/ }", &limits()).expect_err("no pattern");
    assert_eq!((pattern.kind, pattern.line), (FaultKind::Syntax, None));
}

#[test]
fn a_script_is_checked_without_calling_main() {
    for content in [
        "function main(context) { throw 1 }",
        "const main = (anything) => 1",
        "var main = async function () {}",
        "#!/usr/bin/env node\nwith ({}) {}\nfunction main() {}",
        "\u{feff}function main() {}",
    ] {
        assert_eq!(check(content, &limits()), Ok(()), "{content}");
    }
    for content in ["", "const main = 3", "function Main() {}", "{ let main = () => 1 }"] {
        let kind = check(content, &limits()).map_err(|fault| fault.kind);
        assert_eq!(kind, Err(FaultKind::NoMain), "{content}");
    }
    for content in
        ["throw new SyntaxError('own')", "JSON.parse('x')", "eval('(')", "new Function('(')"]
    {
        let kind = check(content, &limits()).map_err(|fault| fault.kind);
        assert_eq!(kind, Err(FaultKind::Thrown), "{content}");
    }
    assert_eq!(
        check("for (;;) {}", &short()).map_err(|fault| fault.kind),
        Err(FaultKind::TimedOut)
    );
}

#[test]
fn what_main_returns_becomes_json() {
    for (body, expected) in [
        ("", Value::Null),
        ("return NaN", Value::Null),
        (
            "return { f: main, u: undefined, d: new Date(0) }",
            json!({"d": "1970-01-01T00:00:00.000Z"}),
        ),
        ("return [1,,2]", json!([1, null, 2])),
        ("return -0", json!(0)),
        ("return 2 ** 53 + 2", json!(9_007_199_254_740_994_u64)),
        ("return 0.1 + 0.2", json!(0.300_000_000_000_000_04)),
        ("return (async () => { await null; return context.input })()", Value::Null),
        ("return Promise.all([1, Promise.resolve(2)])", json!([1, 2])),
    ] {
        assert_eq!(output(body), expected, "{body}");
    }
}

#[test]
fn what_is_no_json_is_said_to_be_none() {
    for body in [
        "return main",
        "return Symbol()",
        "return 1n",
        "return { a: [1n] }",
        "const a = {}; a.a = a; return a",
        "return { toJSON() { throw new Error('no') } }",
        "return '\\ud800'",
        "let a = 0; for (let i = 0; i < 200; i++) a = [a]; return a",
        "return 'x'.repeat(600000)",
    ] {
        assert_eq!(kind(body, &limits()), FaultKind::BadOutput, "{body}");
    }
    assert_eq!(kind("return new Promise(() => {})", &limits()), FaultKind::Unsettled);
}

#[test]
fn the_console_is_kept_in_order() {
    let content = r"
        console.log('top', { a: 1 }, [1, 'x'], null, undefined, 3n, new Error('e'), Symbol('s'), '\ud800');
        function main() {
          console.info('a\nb'); console.warn(); console.error(1); console.debug(true);
          const cycle = {}; cycle.cycle = cycle; console.log(cycle);
          throw 1
        }";
    let run = run_alone(content, &Value::Null, &limits());
    assert_eq!(
        run.logs,
        [
            "top {\"a\":1} [1,\"x\"] null undefined 3 Error: e Symbol(s) \u{fffd}",
            "a",
            "b",
            "",
            "1",
            "true",
            "[object Object]",
        ]
    );
    let noisy = "function main() { for (let i = 0; i < 1e5; i++) console.log('line', i) }";
    let logs = run_alone(noisy, &Value::Null, &limits()).logs;
    assert_eq!((logs.len(), logs[999].as_str()), (1_001, "line 999"));
}

#[test]
fn the_console_is_kept_when_the_time_is_up() {
    let run = run_alone("console.log('here'); for (;;) {}", &Value::Null, &a_second());
    assert_eq!(run.logs, ["here"]);
}

#[test]
fn a_script_calls_what_it_depends_on() {
    let all = scripts(&[
        ("entry", "function main(c) { return c.actions['b-b']({ n: c.input.n + 1 }) }", &["b-b"]),
        (
            "b-b",
            "function main(c) { return [c.input.n, c.actions.__proto__(), Object.keys(c.actions)] }",
            &["__proto__"],
        ),
        ("__proto__", "async function main(c) { await null; return c.input }", &[]),
    ]);
    let run = run("entry", &all, &json!({"n": 1}), &limits());
    assert_eq!(run.result, Ok(json!([2, null, ["__proto__"]])));
}

#[test]
fn scripts_share_nothing_but_json() {
    let caller = "
        globalThis.seen = 1;
        function main(c) {
          const sent = { list: [1] };
          const got = c.actions.dep(sent);
          got.list.push(3);
          return [sent, got, c.actions.dep({ list: [] }), globalThis.left, 'toString' in c.actions]
        }";
    let dep = "
        globalThis.left = (globalThis.left ?? 0) + 1;
        Object.prototype.list = 'patched'; Array.prototype.push = null;
        function main(c) { c.input.list[c.input.list.length] = 2; return { ...c.input, seen: globalThis.seen, left } }";
    let all = scripts(&[("entry", caller, &["dep"]), ("dep", dep, &[])]);
    let expected = json!([
        {"list": [1]}, {"list": [1, 2, 3], "left": 1}, {"list": [2], "left": 1}, null, false
    ]);
    assert_eq!(run("entry", &all, &Value::Null, &limits()).result, Ok(expected));
}

#[test]
fn what_a_called_script_throws_can_be_caught() {
    let caller = "function main(c) { try { c.actions.dep() } catch (e) { return [e instanceof Error, e.message] } }";
    for (dep, message) in [
        (
            "function main() { throw new TypeError('boom') }",
            "action \"dep\" failed: TypeError: boom",
        ),
        (
            "function main() { return main }",
            "action \"dep\" failed: `main` returned a function, which is no JSON",
        ),
        ("", "action \"dep\" failed: the script defines no function `main`"),
    ] {
        let all = scripts(&[("entry", caller, &["dep"]), ("dep", dep, &[])]);
        let run = run("entry", &all, &Value::Null, &limits());
        assert_eq!(run.result, Ok(json!([true, message])));
    }
    let missing = run("entry", &scripts(&[("entry", caller, &["dep"])]), &Value::Null, &limits());
    assert_eq!(
        missing.result,
        Ok(json!([true, "action \"dep\" failed: there is no action \"dep\""]))
    );
}

#[test]
fn a_fault_names_the_script_that_it_is_in() {
    let all = scripts(&[
        ("entry", "function main(c) {\n  return c.actions.mid(c.input) }", &["mid", "low"]),
        ("mid", "function main(c) {\n\n  return c.actions.low(c.input) }", &["low"]),
        (
            "low",
            "function main(c) {\n\n\n  if (c.input) throw new TypeError('boom')\n  for (;;) {} }",
            &[],
        ),
    ]);
    let thrown = run("entry", &all, &json!(1), &limits()).result.expect_err("a throw");
    assert_eq!(thrown.message, "action \"mid\" failed: action \"low\" failed: TypeError: boom");
    assert_eq!(thrown.script.as_deref(), Some("low"));
    assert_eq!(place(&thrown), (FaultKind::Thrown, Some(4), Some(26)));

    let late = run("entry", &all, &json!(0), &a_second()).result.expect_err("no end");
    assert_eq!((late.kind, late.script.as_deref()), (FaultKind::TimedOut, Some("low")));
    let none = run("none", &all, &json!(0), &limits()).result.expect_err("no script");
    assert_eq!((none.kind, none.script), (FaultKind::Missing, None));
}

#[test]
fn actions_that_call_each_other_in_a_circle_are_stopped() {
    let call = |name: &str| format!("function main(c) {{ return c.actions.{name}() }}");
    let all = scripts(&[("a", &call("b"), &["b"]), ("b", &call("a"), &["a"])]);
    let fault = run("a", &all, &Value::Null, &limits()).result.expect_err("a circle");
    assert!(fault.message.ends_with("the actions call each other in a circle: a → b → a"));

    let names: Vec<String> = (0..=calls::DEEPEST).map(|at| format!("a{at}")).collect();
    let mut chain: BTreeMap<String, Script> = names
        .windows(2)
        .map(|pair| (pair[0].clone(), script(&call(&pair[1]), &[&pair[1]])))
        .collect();
    let last = names.last().expect("names").clone();
    chain.insert(last, script("function main() { return 1 }", &[]));
    assert_eq!(run("a1", &chain, &Value::Null, &limits()).result, Ok(json!(1)));
    let fault = run("a0", &chain, &Value::Null, &limits()).result.expect_err("too deep");
    assert_eq!(fault.kind, FaultKind::StackOverflow);
}

#[test]
fn nothing_of_a_run_reaches_the_next() {
    let patched = "
        Object.prototype.a = 1; Array.prototype.map = null; JSON.stringify = () => 'x'; globalThis.left = 1;
        String.prototype.toWellFormed = null; console.log = null; Promise.prototype.then = null;
        function main() { return [1] }";
    assert_eq!(run_alone(patched, &Value::Null, &limits()).result, Ok(json!([1])));
    let clean = output(
        "return [typeof left, ({}).a === undefined, typeof [].map, JSON.stringify(1), typeof console.log]",
    );
    assert_eq!(clean, json!(["undefined", true, "function", "1", "function"]));
}

#[test]
fn a_script_has_the_language_and_the_console() {
    let names = output("return Object.getOwnPropertyNames(globalThis).sort().join(' ')");
    insta::assert_snapshot!(names.as_str().expect("text"), @"AggregateError Array ArrayBuffer AsyncDisposableStack BigInt BigInt64Array BigUint64Array Boolean DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String SuppressedError Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet console decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN main parseFloat parseInt queueMicrotask undefined unescape");
}

/// JSON whose numbers JavaScript can hold.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53)..1 << 53).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Writes each number as a float: JavaScript knows no other, and prints 1.0 as 1.
fn with_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(with_floats).collect(),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, field)| (name.clone(), with_floats(field))).collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn json_passes_unchanged(value in any_json()) {
        let all = scripts(&[
            ("entry", "function main(c) { return c.actions.same(c.input) }", &["same"]),
            ("same", "function main(c) { return c.input }", &[]),
        ]);
        let returned = run("entry", &all, &value, &limits()).result;
        prop_assert_eq!(returned.map(|value| with_floats(&value)), Ok(with_floats(&value)));
    }
}
