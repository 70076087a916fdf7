//! Each box's own range of user ids on the host.

/// Ids in one range: the usual size of a user namespace.
pub const LENGTH: u32 = 65_536;
/// First host id ever given to a box. Above what distributions hand out by default (subuid starts at 100,000).
pub const FIRST: u32 = 1_000_000_000;
/// Number of ranges that fit under the highest valid id (2³² − 2).
pub const COUNT: u32 = (u32::MAX - 1 - FIRST) / LENGTH;

/// A box's range of host user and group ids. Inside the box it is 0 to 65,535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UidRange {
    base: u32,
}

impl UidRange {
    /// The `slot`-th range, if there are that many.
    pub fn from_slot(slot: u32) -> Option<Self> {
        (slot < COUNT).then(|| Self { base: FIRST + slot * LENGTH })
    }

    /// The host id of the box's root.
    pub fn base(self) -> u32 {
        self.base
    }

    /// The host id of `id` inside the box.
    ///
    /// Ids outside the box's 65,536 do not exist; they are folded onto the last one (`nogroup`, 65,535).
    pub fn host_id(self, id: u32) -> u32 {
        self.base + id.min(LENGTH - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_do_not_overlap_and_stay_valid() {
        let first = UidRange::from_slot(0).unwrap();
        let second = UidRange::from_slot(1).unwrap();
        assert_eq!(first.host_id(LENGTH - 1) + 1, second.base());
        let last = UidRange::from_slot(COUNT - 1).unwrap();
        assert!(last.host_id(LENGTH - 1) < u32::MAX - 1);
        assert_eq!(UidRange::from_slot(COUNT), None);
    }
}
