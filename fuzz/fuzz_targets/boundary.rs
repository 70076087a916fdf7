//! Any bytes as what a gateway sends over a socket. However they are cut, the edge finds only places for its own messages that
//! it finds byte by byte, and agrees about the end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smartbox_edge::fuzzing::places;

fuzz_target!(|data: &[u8]| {
    let Some((cuts, bytes)) = data.split_first() else { return };
    let (every, at_end) = places(bytes, &[1]);
    for sizes in [vec![], vec![cuts & 0x0F, cuts >> 4, 3]] {
        let (found, end) = places(bytes, &sizes);
        assert_eq!(end, at_end, "{sizes:?}");
        assert!(found.iter().all(|place| every.contains(place)), "{sizes:?}: {found:?} of {every:?}");
    }
    assert_eq!(at_end, bytes.is_empty() || every.last() == Some(&bytes.len()));
});
