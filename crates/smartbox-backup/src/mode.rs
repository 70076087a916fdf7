//! Modes as restic keeps them, which is as Go numbers their bits (`io/fs`, "FileMode").

const DIR: u32 = 1 << 31;
const LINK: u32 = 1 << 27;
const SETUID: u32 = 1 << 23;
const SETGID: u32 = 1 << 22;
const STICKY: u32 = 1 << 20;

/// From the kernel's mode.
pub(crate) const fn to_go(mode: u32) -> u32 {
    let kind = match mode & 0o170_000 {
        0o040_000 => DIR,
        0o120_000 => LINK,
        _ => 0,
    };
    let mut special = 0;
    if mode & 0o4000 != 0 {
        special |= SETUID;
    }
    if mode & 0o2000 != 0 {
        special |= SETGID;
    }
    if mode & 0o1000 != 0 {
        special |= STICKY;
    }
    kind | special | (mode & 0o777)
}

/// To the kernel's permissions; the kind is told elsewhere.
pub(crate) const fn from_go(mode: u32) -> u32 {
    let mut special = 0;
    if mode & SETUID != 0 {
        special |= 0o4000;
    }
    if mode & SETGID != 0 {
        special |= 0o2000;
    }
    if mode & STICKY != 0 {
        special |= 0o1000;
    }
    special | (mode & 0o777)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_come_back_as_they_were() {
        for mode in 0..=0o7777 {
            assert_eq!(from_go(to_go(0o100_000 | mode)), mode, "{mode:o}");
        }
    }
}
