//! Names of error numbers, which are the same on all architectures that matter here but MIPS.

/// From `golang.org/x/sys/unix` (BSD-3-Clause), `linux/amd64`.
const NAMES: &str = "1:EPERM 2:ENOENT 3:ESRCH 4:EINTR 5:EIO 6:ENXIO 7:E2BIG 8:ENOEXEC 9:EBADF \
    10:ECHILD 11:EAGAIN 12:ENOMEM 13:EACCES 14:EFAULT 15:ENOTBLK 16:EBUSY 17:EEXIST 18:EXDEV \
    19:ENODEV 20:ENOTDIR 21:EISDIR 22:EINVAL 23:ENFILE 24:EMFILE 25:ENOTTY 26:ETXTBSY 27:EFBIG \
    28:ENOSPC 29:ESPIPE 30:EROFS 31:EMLINK 32:EPIPE 33:EDOM 34:ERANGE 35:EDEADLK \
    36:ENAMETOOLONG 37:ENOLCK 38:ENOSYS 39:ENOTEMPTY 40:ELOOP 42:ENOMSG 43:EIDRM 61:ENODATA \
    62:ETIME 71:EPROTO 75:EOVERFLOW 84:EILSEQ 88:ENOTSOCK 89:EDESTADDRREQ 90:EMSGSIZE \
    91:EPROTOTYPE 92:ENOPROTOOPT 93:EPROTONOSUPPORT 94:ESOCKTNOSUPPORT 95:EOPNOTSUPP \
    96:EPFNOSUPPORT 97:EAFNOSUPPORT 98:EADDRINUSE 99:EADDRNOTAVAIL 100:ENETDOWN \
    101:ENETUNREACH 102:ENETRESET 103:ECONNABORTED 104:ECONNRESET 105:ENOBUFS 106:EISCONN \
    107:ENOTCONN 108:ESHUTDOWN 109:ETOOMANYREFS 110:ETIMEDOUT 111:ECONNREFUSED 112:EHOSTDOWN \
    113:EHOSTUNREACH 114:EALREADY 115:EINPROGRESS 116:ESTALE 122:EDQUOT 125:ECANCELED \
    126:ENOKEY 130:EOWNERDEAD 131:ENOTRECOVERABLE";

fn all() -> impl Iterator<Item = (u32, &'static str)> {
    NAMES.split_ascii_whitespace().filter_map(|entry| {
        let (number, name) = entry.split_once(':')?;
        Some((number.parse().ok()?, name))
    })
}

/// The number of a name such as `EPERM`.
pub(super) fn number(name: &str) -> Option<u32> {
    all().find(|(_, known)| *known == name).map(|(number, _)| number)
}

/// The name of a number, or its digits.
pub(super) fn name(number: u32) -> String {
    all()
        .find(|(known, _)| *known == number)
        .map_or_else(|| number.to_string(), |(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        assert_eq!((number("ENOSYS"), name(1)), (Some(38), "EPERM".to_owned()));
        assert_eq!((number("ENONSENSE"), name(9999)), (None, "9999".to_owned()));
        assert!(NAMES.split_ascii_whitespace().count() == all().count());
    }
}
