//! General compressors, each chunk by itself and all threads at work, as wcodec's are.

/// Bytes that a peer compresses at a time: enough that more would not help its ratio on weights.
pub const CHUNK: usize = 1 << 20;

/// A general compressor.
#[derive(Debug, Clone, Copy)]
pub enum Peer {
    /// Zstandard at a level.
    Zstd(i32),
    /// LZ4's fast mode.
    Lz4,
    Snappy,
}

impl Peer {
    /// Its name, and its level where it has some.
    pub fn name(self) -> String {
        match self {
            Self::Zstd(level) => format!("zstd -{level}"),
            Self::Lz4 => "lz4".to_owned(),
            Self::Snappy => "snappy".to_owned(),
        }
    }
}

#[cfg(feature = "peers")]
mod built {
    use super::{CHUNK, Peer};
    use anyhow::{Context, Result, ensure};
    use rayon::prelude::*;

    impl Peer {
        /// Why it cannot take part: it can.
        pub const MISSING: Option<&'static str> = None;

        /// Compresses each chunk of `bytes`, in the memory of the pieces that are there.
        pub fn pack(self, bytes: &[u8], pieces: &mut Vec<Vec<u8>>) -> Result<()> {
            pieces.resize(bytes.len().div_ceil(CHUNK), Vec::new());
            let chunks = bytes.par_chunks(CHUNK).zip(pieces);
            chunks.into_par_iter().try_for_each(|(chunk, piece)| self.pack_chunk(chunk, piece))
        }

        /// Restores the chunks.
        pub fn unpack(self, pieces: &[Vec<u8>], out: &mut [u8]) -> Result<()> {
            let chunks = pieces.par_iter().zip(out.par_chunks_mut(CHUNK));
            chunks.into_par_iter().try_for_each(|(piece, chunk)| {
                let len = self.unpack_chunk(piece, chunk)?;
                ensure!(len == chunk.len(), "a chunk of {} bytes came back as {len}", chunk.len());
                Ok(())
            })
        }

        fn pack_chunk(self, chunk: &[u8], piece: &mut Vec<u8>) -> Result<()> {
            let most = match self {
                Self::Zstd(_) => zstd::zstd_safe::compress_bound(chunk.len()),
                Self::Lz4 => lz4::block::compress_bound(chunk.len())?,
                Self::Snappy => snap::raw::max_compress_len(chunk.len()),
            };
            piece.resize(most, 0);
            let len = match self {
                Self::Zstd(level) => zstd::bulk::compress_to_buffer(chunk, &mut piece[..], level)?,
                Self::Lz4 => lz4::block::compress_to_buffer(chunk, None, false, piece)?,
                Self::Snappy => snap::raw::Encoder::new().compress(chunk, piece)?,
            };
            piece.truncate(len);
            Ok(())
        }

        fn unpack_chunk(self, piece: &[u8], chunk: &mut [u8]) -> Result<usize> {
            Ok(match self {
                Self::Zstd(_) => zstd::bulk::decompress_to_buffer(piece, chunk)?,
                Self::Lz4 => {
                    let len = i32::try_from(chunk.len()).context("a chunk is too long for LZ4")?;
                    lz4::block::decompress_to_buffer(piece, Some(len), chunk)?
                }
                Self::Snappy => snap::raw::Decoder::new().decompress(piece, chunk)?,
            })
        }
    }
}

#[cfg(not(feature = "peers"))]
mod left_out {
    use super::{CHUNK, Peer};
    use anyhow::{Result, bail};

    impl Peer {
        /// Why it cannot take part.
        pub const MISSING: Option<&'static str> =
            Some("this build is without the cargo feature `peers`");

        /// Fails.
        pub fn pack(self, bytes: &[u8], _pieces: &mut Vec<Vec<u8>>) -> Result<()> {
            bail!("{self:?} cannot take {} chunks", bytes.len().div_ceil(CHUNK))
        }

        /// Fails.
        pub fn unpack(self, pieces: &[Vec<u8>], _out: &mut [u8]) -> Result<()> {
            bail!("{self:?} cannot restore {} chunks", pieces.len())
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "peers")]
    #[test]
    fn peers_give_back_whole_and_ragged_chunks() {
        use super::{CHUNK, Peer};
        for len in [1, CHUNK - 1, CHUNK, CHUNK + 1] {
            let bytes: Vec<u8> = (0..len).map(|n| (n * n % 251) as u8).collect();
            for peer in [Peer::Zstd(1), Peer::Lz4, Peer::Snappy] {
                // Left from an earlier input, longer and different.
                let mut pieces = vec![vec![1; 3 * CHUNK]; 3];
                peer.pack(&bytes, &mut pieces).unwrap();
                assert_eq!(pieces.len(), len.div_ceil(CHUNK));
                let mut back = vec![0xA5; len];
                peer.unpack(&pieces, &mut back).unwrap();
                assert!(back == bytes, "{peer:?}, {len}");
            }
        }
    }
}
