//! The contenders: wcodec in its variants, and its peers.

use super::input::Input;
use super::options::{Contender, Options};
use super::peers::Peer;
use anyhow::Result;
use wcodec::Encoder;

/// A way to compress.
pub struct Packer {
    pub name: String,
    pub how: How,
}

/// The compressor.
pub enum How {
    /// A blob for each tensor.
    Wcodec(Encoder),
    /// A piece for each chunk of the bytes.
    Peer(Peer),
}

/// Everybody who was asked to take part.
pub fn all(options: &Options) -> Vec<Packer> {
    let mut packers = Vec::new();
    if options.has(Contender::Wcodec) {
        for &profile in &options.profiles {
            let name = format!("wcodec {}", format!("{profile:?}").to_lowercase());
            packers.push(Packer { name, how: How::Wcodec(Encoder::new().profile(profile)) });
        }
        for &codec in &options.codecs {
            let how = How::Wcodec(Encoder::new().codec(codec));
            packers.push(Packer { name: format!("wcodec {codec:?}"), how });
        }
    }
    let peers = [
        (Contender::Zstd1, Peer::Zstd(1)),
        (Contender::Zstd3, Peer::Zstd(3)),
        (Contender::Zstd19, Peer::Zstd(19)),
        (Contender::Lz4, Peer::Lz4),
        (Contender::Snappy, Peer::Snappy),
    ];
    for (_, peer) in peers.into_iter().filter(|(contender, _)| options.has(*contender)) {
        packers.push(Packer { name: peer.name(), how: How::Peer(peer) });
    }
    packers
}

impl Packer {
    /// Compresses `input` into pieces, in the memory of those that are there.
    pub fn pack(&self, input: &Input, pieces: &mut Vec<Vec<u8>>) -> Result<()> {
        match &self.how {
            How::Wcodec(encoder) => {
                let views = input.views()?;
                pieces.resize(views.len(), Vec::new());
                for (view, blob) in views.iter().zip(pieces) {
                    encoder.encode_into(view, blob)?;
                }
                Ok(())
            }
            How::Peer(peer) => peer.pack(&input.bytes, pieces),
        }
    }
}
