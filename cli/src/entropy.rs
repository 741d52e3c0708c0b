//! The choice of an entropy coder.

use clap::{Args, ValueEnum};
use wcodec::encode::EntropyCoder;
use wcodec::{Encoder, Profile};

/// The entropy coder.
#[derive(Debug, Args)]
pub struct EntropyArgs {
    /// Entropy coder; tensors that are coded against others of a base have tans in any case
    #[arg(long, value_enum, default_value_t)]
    entropy: EntropyName,
}

impl EntropyArgs {
    /// An encoder of this profile with this coder.
    pub fn encoder(&self, profile: Profile) -> Encoder {
        let coder = match self.entropy {
            EntropyName::Tans => EntropyCoder::Tans,
            EntropyName::Rans => EntropyCoder::Rans,
        };
        Encoder::new().profile(profile).entropy(coder)
    }
}

/// The names of the coders.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum EntropyName {
    /// Tabled asymmetric numeral systems: a look-up for each symbol
    #[default]
    Tans,
    /// Range asymmetric numeral systems: a look-up and a multiplication
    Rans,
}
