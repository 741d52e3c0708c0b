//! Numbers in a text, and the bytes that stand for them, none of which JSON has.

/// Stands for the two offsets of a tensor, of which the difference follows.
pub const OFFSETS: u8 = 1;
/// Stands for the number at the same place in the member before.
pub const SAME: u8 = 2;
/// Stands for one more than that.
pub const NEXT: u8 = 3;

/// Ends a member: that of a tensor has no other.
const END: u8 = b'}';
/// The most numbers of a member that the next one can refer to.
const KEPT: usize = 16;
/// The most digits of a number.
const DIGITS: usize = 20;

/// The numbers of a member so far, and those of the one before. `None` stands for digits that are
/// not how a number of 64 bits is written.
#[derive(Debug, Default)]
pub struct Numbers {
    before: [Option<u64>; KEPT],
    now: [Option<u64>; KEPT],
    count: usize,
}

impl Numbers {
    /// Takes a byte that is no digit and stands for itself.
    pub fn pass(&mut self, byte: u8) {
        if byte == END {
            (self.before, self.now, self.count) = (self.now, [None; KEPT], 0);
        }
    }

    /// The number at the place of the next one in the member before.
    pub fn counterpart(&self) -> Option<u64> {
        self.before.get(self.count).copied().flatten()
    }

    /// Takes the next number.
    pub fn push(&mut self, number: Option<u64>) {
        if let Some(place) = self.now.get_mut(self.count) {
            *place = number;
            self.count += 1;
        }
    }
}

/// The digits that a text begins with, and the number, where it is written as usual: without
/// needless zeros.
pub fn leading(text: &[u8]) -> (&[u8], Option<u64>) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = &text[..count];
    let is_usual = count == 1 || digits.first().is_some_and(|&first| first != b'0');
    let number = || str::from_utf8(digits).ok()?.parse().ok();
    (digits, is_usual.then(number).flatten())
}

/// Calls `take` with a number as it is usually written.
pub fn write<T>(mut number: u64, take: impl FnOnce(&[u8]) -> T) -> T {
    let (mut digits, mut start) = ([0; DIGITS], DIGITS);
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return take(&digits[start..]);
        }
    }
}
