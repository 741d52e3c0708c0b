//! Any bytes as a tensor of any dtype, encoded in any way.

use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Encoder, Error, Profile, RawPlanes, TensorView};

const DTYPES: [Dtype; 8] = [
    Dtype::U8,
    Dtype::F8_E4M3,
    Dtype::BF16,
    Dtype::F16,
    Dtype::F32,
    Dtype::I32,
    Dtype::F4,
    Dtype::I64,
];

/// Library and reference decode what the encoder writes.
pub fn run(data: &[u8]) {
    let Some((&[dtype, shape, options], data)) = data.split_first_chunk() else { return };
    let dtype = DTYPES[usize::from(dtype) % DTYPES.len()];
    let count = data.len() * 8 / dtype.bitsize();
    let columns = if shape & 1 == 1 { 512 * 8 / dtype.bitsize() } else { 1 };
    let shape = [(count / columns) as u64, columns as u64];
    let data = &data[..count / columns * columns * dtype.bitsize() / 8];
    let tensor = TensorView::new(dtype, &shape, data).expect("whole elements");
    let blob = match encoder(options).encode(&tensor) {
        Ok(blob) => blob,
        // Const serves only constant tensors.
        Err(Error::InvalidArgument(_)) => return,
        Err(error) => panic!("{error}"),
    };
    let parsed = Blob::parse(&blob).expect("what was encoded is sound");
    let mut decoded: Vec<u8> = data.iter().map(|byte| !byte).collect();
    let decoder = Decoder::open(DeviceChoice::Cpu).expect("every machine has a CPU");
    decoder.decode(&parsed, &mut decoded).expect("what was encoded is decoded");
    assert!(decoded == data, "the library decodes to other bytes");
    assert!(reference::decode_blob(&blob).as_deref() == Ok(data), "the reference does");
}

fn encoder(options: u8) -> Encoder {
    let profile = [Profile::Ratio, Profile::Balanced, Profile::Fast][usize::from(options) % 3];
    let encoder = Encoder::new().profile(profile);
    if options & 0x80 == 0 {
        return encoder.tile_rows(8 + u32::from(options & 0x7F));
    }
    let (choice, codecs) = (usize::from(options & 0x3F), PlaneCodec::ALL.len());
    let planes = [RawPlanes::ByCost, RawPlanes::Coded(None)][usize::from(options >> 6 & 1)];
    let encoder = encoder.raw_planes(planes);
    encoder.codec(PlaneCodec::ALL[choice % codecs]).predictor(Predictor::ALL[choice / codecs % 5])
}
