//! Handing words out to the lanes that take one, which AVX-512 has an instruction for.

/// For each set of eight lanes the number of the word that each one takes, lanes without one the next, if there is any.
pub static EXPAND: [[u8; 8]; 256] = expand();

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
