//! The whole path on a real model: a checkpoint in six element types, compressed, verified,
//! restored, compared, and measured. `make demo` runs it; its one argument is the folder to work
//! in.
//!
//! The folder may hold `minilm.safetensors`; otherwise a synthetic checkpoint stands in.
#![deny(unsafe_code)]

mod checkpoint;
mod f8;
mod measure;
mod quantise;
mod roundtrip;
mod synthetic;
mod table;
mod variant;

use anyhow::Context;
use checkpoint::Checkpoint;
use std::path::{Path, PathBuf};
use std::{env, fs};
use table::Row;
use variant::Variant;
use wcodec::{Decoder, Device, DeviceChoice};

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(env::args_os().nth(1).context("usage: demo FOLDER")?);
    fs::create_dir_all(folder.join("restored")).context("cannot make the folder to work in")?;
    let decoder = Decoder::open(DeviceChoice::Auto)?;
    let (model, source) = source(&folder)?;
    let checkpoint = Checkpoint::load(&source)?;
    println!("{} weights and biases in {}", checkpoint.floats(), source.display());
    let mut rows = Vec::with_capacity(Variant::ALL.len());
    for variant in Variant::ALL {
        println!("{}: {}", variant.label(), variant.conversion());
        rows.push(run(variant, &checkpoint, &folder, model, &decoder)?);
    }
    println!("\n{}", table::draw(&rows));
    println!("{}", notes(model, decoder.device()));
    Ok(())
}

/// The checkpoint to start from, and what to call it.
fn source(folder: &Path) -> anyhow::Result<(&'static str, PathBuf)> {
    let real = folder.join("minilm.safetensors");
    if real.is_file() {
        return Ok(("minilm", real));
    }
    println!("NO REAL MODEL HERE: making a synthetic checkpoint of random weights instead.");
    let path = folder.join("synthetic.safetensors");
    synthetic::checkpoint().save(&path)?;
    Ok(("synthetic", path))
}

/// Takes one variant all the way.
fn run(
    variant: Variant,
    checkpoint: &Checkpoint,
    folder: &Path,
    model: &'static str,
    decoder: &Decoder,
) -> anyhow::Result<Row> {
    let source = folder.join(format!("{model}{}.safetensors", variant.suffix()));
    let derived = variant.derive(checkpoint)?;
    if let Some(derived) = &derived {
        derived.save(&source)?;
    }
    let sizes = roundtrip::run(&source, folder, decoder)?;
    let measured = measure::run(derived.as_ref().unwrap_or(checkpoint), decoder)?;
    let device = decoder.device().to_string();
    Ok(Row { model, dtype: variant.label(), sizes, measured, device })
}

/// The legend of the table.
fn notes(model: &str, device: &Device) -> String {
    let mut notes = String::from(
        "Every tensor and every whole file came back byte for byte.\n\
         limit: the best ratio that an order-0 code of the split elements can reach, without tables and index.\n\
         MB/s: decoded bytes, all tensors one after another, memory to memory, best of three passes.",
    );
    if let Device::Cpu { fallback: Some(reason), .. } = device {
        notes.push_str(&format!("\nDecoded on the CPU, as there is no GPU: {reason}"));
    }
    if model == "synthetic" {
        notes.push_str(
            "\nThe model is SYNTHETIC (random weights): its ratios say nothing about real models.",
        );
    }
    notes
}
