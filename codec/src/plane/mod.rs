//! The plane codecs: how residuals become symbols and stored bytes, and back (FORMAT.md section 5).
//!
//! A file for each codec has both ways. The list below is the only one of the codecs; a new one
//! takes the next number.

mod coder;
mod constant;
mod crumb;
mod nib;
mod pair;
mod pairs;
mod rans;
mod raw;
mod shape;
mod single;
mod source;

pub use coder::EntropyCoder;
pub use constant::Const;
pub use crumb::TansCrumb;
pub use nib::TansNib;
pub use pair::TansPair;
pub use pairs::combine_pairs;
pub use rans::{Rans8, RansPair};
pub use raw::Raw;
pub use shape::{Ranks, Shape};
pub use single::Tans8;
pub use source::{PlaneParams, ResidualSource, SymbolSource};

use crate::warp::Warp;

/// A plane codec as a type. `N` is the number of 32-bit words that a lane's coded bytes take: 4, 2
/// or 1 for elements of 1, 2 or 4 bytes.
pub trait Plane {
    /// Its place in the list of codecs.
    const CODEC: PlaneCodec;

    /// Its symbols, stored bits and ranks.
    const SHAPE: Shape;

    /// The coder of its symbols, where it has any.
    const CODER: EntropyCoder = EntropyCoder::Tans;

    /// Decoding: residuals from the symbols of an entropy coder `E`.
    type Source<W: Warp, E: SymbolSource<W>, const N: usize>: ResidualSource<W, N>;

    /// Encoding: the symbols of four pairs of residuals, of which `first` has the first ones and
    /// `second` the others, as bytes. Only of codecs whose symbols are of pairs.
    fn pair_symbols(base: u8, first: u32, second: u32) -> u32;

    /// Encoding: the stored bits of those pairs, a byte for each pair. Nothing of codecs that store
    /// none.
    #[inline(always)]
    fn stored_pairs(_base: u8, _first: u32, _second: u32) -> u32 {
        0
    }

    /// Encoding: not 0 where one of four residuals is an exception.
    #[inline(always)]
    fn exceptions(_base: u8, _residuals: u32) -> u32 {
        0
    }

    /// Encoding: writes the stored bytes of whole rows of `residuals`, all lanes of each having
    /// `lane_elements` of them.
    fn store(base: u8, lane_elements: usize, residuals: &[u8], stored: &mut [u8]);
}

/// A function that is generic over the codec; see [`PlaneCodec::visit`].
pub trait PlaneVisitor {
    /// Its result.
    type Output;
    /// Runs it for the codec `P`.
    fn visit<P: Plane>(self) -> Self::Output;
}

macro_rules! plane_codecs {
    ($($(#[$doc:meta])* $codec:ident = $number:literal,)*) => {
        /// A plane codec: the way in which residuals become symbols or stored bytes (FORMAT.md
        /// section 5).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum PlaneCodec {
            $($(#[$doc])* $codec = $number,)*
        }

        impl PlaneCodec {
            /// All codecs, in the order of their numbers.
            pub const ALL: [Self; [$($number),*].len()] = [$(Self::$codec),*];

            /// The codec's symbols, stored bits and ranks.
            pub const fn shape(self) -> Shape {
                match self {
                    $(Self::$codec => <$codec as Plane>::SHAPE,)*
                }
            }

            /// The coder of the codec's symbols, where it has any.
            pub const fn coder(self) -> EntropyCoder {
                match self {
                    $(Self::$codec => <$codec as Plane>::CODER,)*
                }
            }

            /// Calls `visitor` with the codec as a type.
            #[cfg_attr(not(unoptimized), inline(always))]
            pub fn visit<V: PlaneVisitor>(self, visitor: V) -> V::Output {
                match self {
                    $(Self::$codec => visitor.visit::<$codec>(),)*
                }
            }
        }
    };
}

plane_codecs! {
    /// One value throughout.
    Const = 0,
    /// Stored as they are.
    Raw = 1,
    /// One symbol a residual.
    Tans8 = 2,
    /// One symbol for the high nibbles of two residuals; their low nibbles stored.
    TansNib = 3,
    /// One symbol for the ranks of two residuals below the tile's base.
    TansPair = 4,
    /// One symbol for the ranks of two residuals, each rank without the two lowest bits, a crumb;
    /// their crumbs stored.
    TansCrumb = 5,
    /// [`PlaneCodec::Tans8`] with rANS.
    Rans8 = 6,
    /// [`PlaneCodec::TansPair`] with rANS.
    RansPair = 7,
}

impl PlaneCodec {
    /// The codec with this number in a blob header.
    pub const fn from_u8(number: u8) -> Option<Self> {
        if (number as usize) < Self::ALL.len() { Some(Self::ALL[number as usize]) } else { None }
    }

    /// Returns whether tiles have a word stream and tables.
    pub const fn has_symbols(self) -> bool {
        self.shape().symbol_residuals > 0
    }

    /// Returns whether a symbol is of two residuals.
    pub const fn has_pairs(self) -> bool {
        self.shape().symbol_residuals == 2
    }

    /// The ranks, where residuals are ranks below a base, with exceptions.
    pub const fn ranks(self) -> Option<Ranks> {
        self.shape().ranks
    }

    /// Returns whether residuals are ranks below a base, with exceptions.
    pub const fn has_ranks(self) -> bool {
        self.ranks().is_some()
    }

    /// The least base of a tile; 0 where residuals are no ranks.
    pub const fn least_base(self) -> u8 {
        match self.ranks() {
            Some(ranks) => ranks.least_base(),
            None => 0,
        }
    }

    /// Symbols of a lane in a row of `lane_elements` elements; 0 where there are none.
    pub const fn steps(self, lane_elements: usize) -> usize {
        match self.shape().symbol_residuals {
            0 => 0,
            residuals => lane_elements / residuals,
        }
    }

    /// Bytes of the stored plane for a lane in a row of `lane_elements` elements; 0 where there is
    /// none.
    pub const fn stored_plane_bytes(self, lane_elements: usize) -> usize {
        lane_elements * self.shape().stored_bits as usize / 8
    }
}
