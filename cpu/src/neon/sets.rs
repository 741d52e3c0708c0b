//! Words to and from sets of lanes.

/// For each set of four lanes the bytes of the word that each lane takes; a lane outside the set
/// has the next word's, if there is one.
pub static EXPAND: [[u8; 16]; 16] = expand();

/// For each set of four lanes the bytes of their words in the last places, and zeros before them.
pub static COMPRESS: [[u8; 16]; 16] = compress();

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

const fn compress() -> [[u8; 16]; 16] {
    let mut all = [[0; 16]; 16];
    let mut set = 0usize;
    while set < 16 {
        let (mut byte, mut place) = (0, 16 - 4 * set.count_ones() as usize);
        while byte < 16 {
            if set >> (byte / 4) & 1 == 1 {
                all[set][place] = byte as u8;
                place += 1;
            }
            byte += 1;
        }
        set += 1;
    }
    all
}
