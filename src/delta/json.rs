//! Canonical JSON as RFC 8785 has it: equal values have equal bytes.
//!
//! One deviation: RFC 8785 knows only double-precision numbers, so that whole numbers beyond 2^53
//! collide. Here a whole number that fits 64 bits is written with all its digits.

use std::cmp::Ordering;
use std::fmt::Write;

use serde_json::{Map, Number, Value};

/// 2^64, the first whole number that no `u64` holds.
const TWO_TO_64: f64 = 18_446_744_073_709_551_616.0;
/// -2^63, the least whole number that an `i64` holds.
const MINUS_TWO_TO_63: f64 = -9_223_372_036_854_775_808.0;

/// Returns the canonical JSON of a value: no blanks, keys in the order of their UTF-16 code units,
/// numbers in ECMAScript's shortest form, only necessary escapes.
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

/// Returns the number in the one spelling that all equal numbers share: `3.0` becomes `3`, `-0.0`
/// becomes `0`.
///
/// Two numbers are equal exactly when their normal forms are.
pub(super) fn normal_number(number: &Number) -> Number {
    match number.as_f64() {
        Some(float) if number.is_f64() => whole(float).unwrap_or_else(|| number.clone()),
        _ => number.clone(),
    }
}

/// Returns the value with every number in its normal form.
pub(super) fn normal_value(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(normal_number(number)),
        Value::Array(items) => items.iter().map(normal_value).collect(),
        Value::Object(map) => Value::Object(normal_map(map)),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// Returns the map with every number in its normal form.
pub(super) fn normal_map(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter().map(|(key, value)| (key.clone(), normal_value(value))).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole and within range, as the guards say"
)]
fn whole(float: f64) -> Option<Number> {
    if float.fract() != 0.0 {
        None
    } else if (0.0..TWO_TO_64).contains(&float) {
        Some((float as u64).into())
    } else if (MINUS_TWO_TO_63..0.0).contains(&float) {
        Some((float as i64).into())
    } else {
        None
    }
}

pub(super) fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => write_array(out, items),
        Value::Object(map) => write_object(out, map),
    }
}

fn write_array(out: &mut String, items: &[Value]) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_value(out, item);
    }
    out.push(']');
}

pub(super) fn write_object(out: &mut String, map: &Map<String, Value>) {
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by(|(a, _), (b, _)| key_order(a, b));
    out.push('{');
    for (i, (key, value)) in members.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, key);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

fn key_order(a: &str, b: &str) -> Ordering {
    // Bytes and code units order ASCII alike.
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

pub(super) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    // Everything that is escaped is one byte long, so the cuts are between characters.
    while let Some(at) = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\') {
        out.push_str(&rest[..at]);
        write_escape(out, rest.as_bytes()[at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn write_escape(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        b'\r' => out.push_str("\\r"),
        _ => {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
        }
    }
}

fn write_number(out: &mut String, number: &Number) {
    let normal = normal_number(number);
    if let Some(float) = normal.as_f64().filter(|_| normal.is_f64()) {
        write_float(out, float, &normal.to_string());
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "{normal}");
    }
}

/// Writes a float as ECMAScript's `Number::toString` does, from its shortest digits in any layout.
///
/// The digits are those of `serde_json`: where two shortest spellings are equally near it takes
/// the even one, as ECMAScript does and the standard library does not.
fn write_float(out: &mut String, float: f64, shortest: &str) {
    if float.is_sign_negative() {
        out.push('-');
    }
    let shortest = shortest.trim_start_matches('-');
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let point = i32::try_from(whole.len()).unwrap_or_default()
        - i32::try_from(digits.len() - significant.len()).unwrap_or_default();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    out.push_str(&lay_out(significant.trim_end_matches('0'), exponent + point - 1));
}

/// Places the decimal point: `digits` are one digit before the point and the rest behind it, times
/// ten to the power of `e`.
fn lay_out(digits: &str, e: i32) -> String {
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let before = usize::try_from(e + 1).unwrap_or_default();
    match e {
        0..21 if digits.len() <= before => format!("{digits}{}", "0".repeat(before - digits.len())),
        0..21 => format!("{}.{}", &digits[..before], &digits[before..]),
        -6..0 => format!("0.{}{digits}", zeros(-e - 1)),
        _ if digits.len() == 1 => format!("{digits}e{e:+}"),
        _ => format!("{}.{}e{e:+}", &digits[..1], &digits[1..]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 8785, appendix B: the bits of a double, and its text.
    const NUMBERS: &[(u64, &str)] = &[
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ];

    #[test]
    fn numbers_are_those_of_the_rfc() {
        for (bits, text) in NUMBERS {
            assert_eq!(canonical_json(&json!(f64::from_bits(*bits))), *text, "{bits:016x}");
        }
    }

    #[test]
    fn the_example_of_the_rfc_has_the_bytes_of_the_rfc() {
        let value: Value = serde_json::from_str(
            r#"{
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }"#,
        )
        .unwrap();
        let expected = concat!(
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,"#,
            r#"1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
        assert_eq!(canonical_json(&value), expected);
    }

    #[test]
    fn keys_are_in_the_order_of_their_utf16_code_units() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter",
            "1": "One", "\u{1f600}": "Emoji", "\u{80}": "Control", "\u{f6}": "O With Diaeresis",
        });
        let expected = concat!(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",",
            "\"ö\":\"O With Diaeresis\",\"€\":\"Euro Sign\",\"\u{1f600}\":\"Emoji\",",
            "\"\u{fb33}\":\"Hebrew Letter\"}"
        );
        assert_eq!(canonical_json(&value), expected);
    }

    #[test]
    fn large_whole_numbers_do_not_collide() {
        let texts = [
            "9007199254740993",
            "9223372036854775807",
            "9223372036854776000",
            "18446744073709551615",
            "-9223372036854775807",
        ];
        for text in texts {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(canonical_json(&value), text);
        }
        assert_eq!(canonical_json(&json!(9_223_372_036_854_775_808.0)), "9223372036854775808");
        assert_eq!(canonical_json(&json!(TWO_TO_64)), "18446744073709552000");
    }

    #[test]
    fn strings_have_only_the_necessary_escapes() {
        let text = "\u{8}\t\n\u{c}\r\"\\/\u{0}\u{1f}\u{7f}é\u{2028}";
        let expected = "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u0000\\u001f\u{7f}é\u{2028}\"";
        assert_eq!(canonical_json(&json!(text)), expected);
    }
}
