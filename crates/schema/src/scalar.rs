//! Which texts the API server's own scalar types accept.

use seawall_model::Quantity;

/// Whether `resource.ParseQuantity` takes a text, of any magnitude (the server rounds and caps).
pub(crate) fn is_quantity(text: &str) -> bool {
    let text = text.trim();
    if Quantity::parse(text).is_some() {
        return true;
    }
    // Refused for its magnitude alone? Then the same text with the number 1 is fine.
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let suffix = unsigned.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &unsigned[..unsigned.len() - suffix.len()];
    number.contains(|c: char| c.is_ascii_digit())
        && number.matches('.').count() <= 1
        && Quantity::parse(&format!("1{suffix}")).is_some()
}

/// Whether Go's `base64.StdEncoding` decodes a text; it skips line breaks.
pub(crate) fn is_base64(text: &str) -> bool {
    let mut digits = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            _ => return false,
        }
    }
    padding <= 2 && (digits + padding).is_multiple_of(4) && digits % 4 != 1
}

/// Whether `time.Parse(time.RFC3339, …)` takes a text; with `micros`, with exactly six decimals
/// (`metav1.RFC3339Micro`).
pub(crate) fn is_time(text: &str, micros: bool) -> bool {
    parse_time(text.as_bytes(), micros).is_some()
}

fn parse_time(text: &[u8], micros: bool) -> Option<()> {
    let (date, rest) = text.split_at_checked(19)?;
    let number = |from: usize, to: usize| -> Option<u32> {
        date[from..to].iter().try_fold(0, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'))
        })
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(at, byte)| date[at] != byte) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    let clock = number(11, 13)? < 24 && number(14, 16)? < 60 && number(17, 19)? < 60;
    if day == 0 || day > days || !clock {
        return None;
    }
    let (decimals, zone) = match rest {
        [b'.' | b',', rest @ ..] => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (Some(length), &rest[length..])
        }
        _ => (None, rest),
    };
    if decimals == Some(0) || (micros && decimals != Some(6)) {
        return None;
    }
    let zoned = match zone {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => {
            [a, b, c, d].iter().all(|byte| byte.is_ascii_digit())
                && (*a, *b) <= (b'2', b'4')
                && *c < b'6'
        }
        _ => false,
    };
    zoned.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_taken_whatever_their_size() {
        for good in ["1", "500m", "128Mi", "1e3", "0.5", ".5", "5.", " 1Gi ", "99999999999E", "-1"]
        {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "Mi", "1 Gi", "1mb", "1.2.3", "1K", "ten", "--1", "."] {
            assert!(!is_quantity(bad), "{bad}");
        }
    }

    #[test]
    fn base64_is_the_standard_alphabet_with_padding() {
        for good in ["", "YQ==", "YWI=", "YWJj", "YWJj\nYWJj\n", "true", "+/+/"] {
            assert!(is_base64(good), "{good:?}");
        }
        for bad in ["YQ", "YQ=", "Y===", "YQ==YQ==", "a-b_", "YW Jj", "="] {
            assert!(!is_base64(bad), "{bad:?}");
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        for good in [
            "2024-01-02T03:04:05Z",
            "2024-02-29T03:04:05.5Z",
            "2024-01-02T03:04:05+02:00",
            "2024-01-02T03:04:05.123456Z",
        ] {
            assert!(is_time(good, false), "{good}");
        }
        for bad in [
            "",
            "2024-01-02",
            "2024-01-02 03:04:05Z",
            "2024-13-02T03:04:05Z",
            "2023-02-29T03:04:05Z",
            "2024-01-02T24:04:05Z",
            "2024-01-02T03:04:05",
            "2024-01-02T03:04:05.Z",
            "2024-01-02T03:04:05\u{e9}",
        ] {
            assert!(!is_time(bad, false), "{bad}");
        }
        assert!(is_time("2024-01-02T03:04:05.000000Z", true));
        assert!(!is_time("2024-01-02T03:04:05Z", true));
        assert!(!is_time("2024-01-02T03:04:05.000Z", true));
    }
}
