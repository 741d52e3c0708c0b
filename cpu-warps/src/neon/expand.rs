//! Handing words out to the lanes that take one.

/// For each set of four lanes the bytes that each one takes: a word's, lanes without one the next word's, if there is any.
pub static EXPAND: [[u8; 16]; 16] = expand();

const fn expand() -> [[u8; 16]; 16] {
    let mut all = [[0; 16]; 16];
    let mut takes = 0;
    while takes < 16 {
        let (mut byte, mut word) = (0, 0);
        while byte < 16 {
            let (lane, byte_of_word) = (byte / 4, byte % 4);
            all[takes][byte] = 4 * word + byte_of_word as u8;
            word += (byte_of_word == 3 && takes >> lane & 1 == 1) as u8;
            byte += 1;
        }
        takes += 1;
    }
    all
}
