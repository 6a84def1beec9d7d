//! Kubernetes quantities: `500m`, `128Mi`, `1e3`.

use std::cmp::Ordering;

/// An exact decimal or binary amount (`k8s.io/apimachinery/pkg/api/resource`).
///
/// Held in billionths (the API server's finest step is nano, to which it rounds up).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    nanos: i128,
}

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Parses a quantity; `None` where the API server would refuse it or where it is beyond 2^63
    /// whole units, to which the API server caps.
    pub fn parse(text: &str) -> Option<Quantity> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let number_end =
            unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let (base, exponent) = multiplier(suffix)?;
        let mut value = whole.chars().chain(fraction.chars()).try_fold(0i128, |sum, c| {
            sum.checked_mul(10)?.checked_add(i128::from(c.to_digit(10)?))
        })?;
        // value × base^exponent × 10^(9 - fraction digits), rounded up.
        let mut tens = 9 - i32::try_from(fraction.len()).ok()?;
        if base == 10 {
            tens = tens.checked_add(exponent)?;
        } else {
            value = value.checked_mul(1i128.checked_shl(u32::try_from(exponent).ok()?)?)?;
        }
        let nanos = if tens >= 0 {
            value.checked_mul(10i128.checked_pow(tens.unsigned_abs())?)?
        } else {
            match 10i128.checked_pow(tens.unsigned_abs()) {
                Some(divisor) => (value + divisor - 1) / divisor,
                None => i128::from(value > 0),
            }
        };
        (nanos <= i128::from(i64::MAX) * NANO)
            .then_some(Quantity { nanos: if negative { -nanos } else { nanos } })
    }

    /// An amount of whole units.
    pub fn whole(units: i64) -> Quantity {
        Quantity { nanos: i128::from(units) * NANO }
    }

    /// Whether the amount is below zero.
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// Whether the amount is a whole number of units.
    pub fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }

    /// Whether the amount is zero.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Compares a quantity with another.
    pub fn compare(self, other: Quantity) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

/// Base (10 or 2) and exponent of a suffix.
fn multiplier(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "" => (10, 0),
        "n" => (10, -9),
        "u" => (10, -6),
        "m" => (10, -3),
        "k" => (10, 3),
        "M" => (10, 6),
        "G" => (10, 9),
        "T" => (10, 12),
        "P" => (10, 15),
        "E" => (10, 18),
        "Ki" => (2, 10),
        "Mi" => (2, 20),
        "Gi" => (2, 30),
        "Ti" => (2, 40),
        "Pi" => (2, 50),
        "Ei" => (2, 60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let exponent: i32 = exponent.parse().ok()?;
            (10, (-1000..=1000).contains(&exponent).then_some(exponent)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_compare_by_amount() {
        let parse = |text| Quantity::parse(text).expect(text);
        assert_eq!(parse("500m"), parse("0.5"));
        assert_eq!(parse("1Gi"), parse("1024Mi"));
        assert_eq!(parse("1e3"), parse("1k"));
        assert_eq!(parse("0.5Gi"), parse("512Mi"));
        assert!(parse("128Mi") < parse("1Gi"));
        assert!(parse("-1") < parse("0"));
        assert_eq!(parse("0.1n"), parse("1n"));
        assert!(parse("0").is_zero());
        assert_eq!(parse("3"), Quantity::whole(3));
        assert!(parse("-1m").is_negative() && !parse("0").is_negative());
        assert!(parse("1500m").compare(parse("1")).is_gt() && !parse("1500m").is_whole());
        for bad in ["", "Mi", "1.2.3", "1mb", "1 Gi", "e", "1e", "1e9999", "--1", "99999999999E"] {
            assert_eq!(Quantity::parse(bad), None, "{bad}");
        }
    }
}
