//! Words to and from sets of lanes, which AVX-512 has instructions for.

/// For each set of eight lanes the number of the word that each lane takes; a lane outside the set
/// has the next number, if there is one.
pub static EXPAND: [[u8; 8]; 256] = expand();

/// For each set of eight lanes their numbers in the last places, and zeros before them.
pub static COMPRESS: [[u8; 8]; 256] = compress();

const fn expand() -> [[u8; 8]; 256] {
    let mut all = [[0; 8]; 256];
    let mut takes = 0;
    while takes < 256 {
        let (mut lane, mut word) = (0, 0);
        while lane < 8 {
            all[takes][lane] = word;
            word += (takes >> lane & 1) as u8;
            lane += 1;
        }
        takes += 1;
    }
    all
}

const fn compress() -> [[u8; 8]; 256] {
    let mut all = [[0; 8]; 256];
    let mut set = 0usize;
    while set < 256 {
        let (mut lane, mut place) = (0, 8 - set.count_ones() as usize);
        while lane < 8 {
            if set >> lane & 1 == 1 {
                all[set][place] = lane as u8;
                place += 1;
            }
            lane += 1;
        }
        set += 1;
    }
    all
}
