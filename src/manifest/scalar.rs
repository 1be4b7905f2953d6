//! What a scalar means: the core schema of YAML 1.2 (section 10.3.2 of its specification).

/// The largest whole number that every JSON reader keeps exactly: 2^53 − 1.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// What a scalar stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    /// A number that JSON cannot carry exactly or at all.
    TooLarge,
    /// `.inf` or `.nan`.
    NotFinite,
    /// `0042`: 34 to YAML 1.1, 42 to YAML 1.2, text to some.
    LeadingZero,
    Text,
}

impl Meaning {
    /// Returns the type's name as findings spell it.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) | Self::TooLarge | Self::LeadingZero => "a whole number",
            Self::Float(_) => "a number",
            Self::NotFinite => "a number that is not finite",
            Self::Text => "text",
        }
    }
}

/// Returns the meaning of a plain scalar, one without quotes or tag.
pub(super) fn plain(text: &str) -> Meaning {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
        "true" | "True" | "TRUE" => return Meaning::Bool(true),
        "false" | "False" | "FALSE" => return Meaning::Bool(false),
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text).unwrap_or(Meaning::Text),
        _ => Meaning::Text,
    }
}

fn number(text: &str) -> Option<Meaning> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(Meaning::NotFinite),
        _ if matches!(unsigned, ".inf" | ".Inf" | ".INF") => Some(Meaning::NotFinite),
        _ if is_digits(unsigned) => Some(decimal(text, unsigned)),
        _ if is_float(unsigned) => Some(float(text)),
        _ => None,
    }
}

fn decimal(text: &str, unsigned: &str) -> Meaning {
    if unsigned.len() > 1 && unsigned.starts_with('0') {
        return Meaning::LeadingZero;
    }
    text.parse().map_or(Meaning::TooLarge, integer)
}

fn radix(digits: &str, radix: u32) -> Option<Meaning> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(i64::from_str_radix(digits, radix).map_or(Meaning::TooLarge, integer))
}

fn integer(value: i64) -> Meaning {
    if (-MAX_INTEGER..=MAX_INTEGER).contains(&value) {
        Meaning::Integer(value)
    } else {
        Meaning::TooLarge
    }
}

fn float(text: &str) -> Meaning {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Meaning::Float(value),
        _ => Meaning::TooLarge,
    }
}

fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    is_mantissa(mantissa)
        && exponent.is_none_or(|e| is_digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}

fn is_mantissa(text: &str) -> bool {
    match text.split_once('.') {
        None => is_digits(text),
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        use Meaning::{Bool, Float, Integer, LeadingZero, NotFinite, Null, Text, TooLarge};
        let table = [
            ("", Null),
            ("~", Null),
            ("NULL", Null),
            ("nULL", Text),
            ("True", Bool(true)),
            ("FALSE", Bool(false)),
            ("yes", Text),
            ("0", Integer(0)),
            ("-12", Integer(-12)),
            ("+12", Integer(12)),
            ("0x1F", Integer(31)),
            ("-0x1F", Text),
            ("0x", Text),
            ("0o17", Integer(15)),
            ("0o8", Text),
            ("0042", LeadingZero),
            ("-08", LeadingZero),
            ("9007199254740991", Integer(MAX_INTEGER)),
            ("9007199254740992", TooLarge),
            ("-9007199254740992", TooLarge),
            ("0xffffffffffffffffff", TooLarge),
            ("1.5", Float(1.5)),
            ("1.", Float(1.0)),
            (".5", Float(0.5)),
            ("-1.5E+3", Float(-1500.0)),
            ("1e3", Float(1000.0)),
            ("1e999", TooLarge),
            (".", Text),
            ("1.2.3", Text),
            ("1e", Text),
            ("-", Text),
            ("1_000", Text),
            ("12:30", Text),
            ("-.inf", NotFinite),
            (".NaN", NotFinite),
            ("-.nan", Text),
            ("inf", Text),
        ];
        for (text, meaning) in table {
            assert_eq!(plain(text), meaning, "{text:?}");
        }
    }
}
