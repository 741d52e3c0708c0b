//! GPU architectures.

/// A virtual architecture: a set of instructions that PTX may use.
///
/// Kernels ask for it with `cfg(target_feature = "sm_80")`, which holds for that architecture
/// and every newer one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NvvmArch {
    /// Turing: T4, RTX 20.
    #[default]
    Compute75,
    /// Ampere: A100. The first with asynchronous copies to shared memory.
    Compute80,
    /// Ampere: A10, A40, RTX 30.
    Compute86,
    /// Ampere: Jetson Orin.
    Compute87,
    /// Ada: L4, L40, RTX 40.
    Compute89,
    /// Hopper: H100, H200.
    Compute90,
    /// Blackwell: B100, B200.
    Compute100,
    /// Blackwell: RTX 50.
    Compute120,
}

impl NvvmArch {
    /// Ten times the compute capability: 80 for 8.0.
    pub const fn capability_value(self) -> u32 {
        match self {
            Self::Compute75 => 75,
            Self::Compute80 => 80,
            Self::Compute86 => 86,
            Self::Compute87 => 87,
            Self::Compute89 => 89,
            Self::Compute90 => 90,
            Self::Compute100 => 100,
            Self::Compute120 => 120,
        }
    }

    /// The PTX version to write, times ten.
    ///
    /// 8.0, which drivers have understood since CUDA 12.0, or the first version that knows the
    /// architecture. An older one would only serve older drivers and lacks cache hints.
    pub(crate) const fn ptx_version(self) -> u32 {
        match self {
            Self::Compute100 => 86,
            Self::Compute120 => 87,
            _ => 80,
        }
    }
}
