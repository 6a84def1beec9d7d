//! Base64 as Secrets and tokens have it: both alphabets, padding and line ends optional.

/// Decodes; `None` where the text is no base64.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut held, mut padding) = (0u32, 0u32, 0);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let sextet = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // Six bits left over are a letter too many.
    (padding <= 2 && held < 6).then_some(bytes)
}

/// Encodes, in the alphabet of tokens and without padding.
#[cfg(test)]
pub(super) fn encode_for_tests(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, b| word << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(char::from(LETTERS[(word >> (18 - 6 * i)) as usize & 63]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_was_encoded() {
        assert_eq!(decode("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(decode("aGVs\nbG8"), Some(b"hello".to_vec()));
        assert_eq!(decode("-_-_"), decode("+/+/"));
        for text in ["", "a", "ab", "abc", "shop:harbour"] {
            assert_eq!(decode(&encode_for_tests(text)), Some(text.as_bytes().to_vec()));
        }
        for bad in ["a", "a=b", "hello world!", "====", "ä"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
