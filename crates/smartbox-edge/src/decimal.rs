//! Numbers in decimal digits. `format!` takes longer for one than a look-up in a table.

/// Digits of the largest number.
const DIGITS_MAX: usize = 20;

/// A number as text.
pub(crate) struct Decimal {
    digits: [u8; DIGITS_MAX],
    start: usize,
}

impl Decimal {
    pub(crate) fn new(number: u64) -> Self {
        let (mut digits, mut start, mut left) = ([0; DIGITS_MAX], DIGITS_MAX, number);
        loop {
            start -= 1;
            digits[start] = b"0123456789"[usize::try_from(left % 10).unwrap_or_default()];
            left /= 10;
            if left == 0 {
                return Self { digits, start };
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_everybody_writes_them() {
        for number in [0, 7, 10, 99, 1_234_567, u64::MAX] {
            assert_eq!(Decimal::new(number).as_bytes(), number.to_string().as_bytes());
        }
    }
}
