//! Files that are compressed against others.

use crate::{BAD_DATA, COULD_NOT, done, fails, folder_with_model, stderr};
use std::fs;
use support::safetensors_source::{put, small_model};

#[test]
fn a_file_against_another_goes_there_and_back() {
    let folder = folder_with_model();
    let folder = folder.path();
    let mut fine = small_model();
    *fine.last_mut().unwrap() ^= 1;
    put(folder, "fine.safetensors", &fine);
    done(folder, &["compress", "fine.safetensors", "--base", "model.safetensors", "--rm", "-q"]);
    let said = stderr(&done(folder, &["verify", "fine.wcodec", "--base", "model.safetensors"]));
    assert!(said.contains("whole, 3 tensors"), "{said}");
    let shown = done(folder, &["inspect", "fine.wcodec"]).stdout;
    assert!(String::from_utf8_lossy(&shown).contains("unchanged, base "));
    let shown = done(folder, &["inspect", "fine.wcodec", "--json"]).stdout;
    let reports: serde_json::Value = serde_json::from_slice(&shown).unwrap();
    let unchanged = reports[0]["tensors"].as_array().unwrap().iter();
    assert!(unchanged.filter(|tensor| tensor["base"].is_string()).count() > 0);
    done(folder, &["decompress", "fine.wcodec", "--base", "model.safetensors", "-q"]);
    assert!(fs::read(folder.join("fine.safetensors")).unwrap() == fine);
}

#[test]
fn without_its_base_nothing_is_done() {
    let folder = folder_with_model();
    let folder = folder.path();
    let model =
        ["compress", "model.safetensors", "--base", "model.safetensors", "-o", "same.wcodec"];
    done(folder, &model);
    let said = ["no base was given", "XXH3", "--base"];
    fails(folder, &["decompress", "same.wcodec"], COULD_NOT, &said);
    fails(folder, &["verify", "same.wcodec"], COULD_NOT, &said);
    fails(folder, &["analyze", "same.wcodec"], COULD_NOT, &["does not decode alone", "--base"]);
    done(folder, &["analyze", "same.wcodec", "--base", "model.safetensors"]);
    fails(folder, &["rebase", "same.wcodec", "-o", "alone.wcodec"], COULD_NOT, &said);
    put(folder, "other.safetensors", &small_model()[..small_model().len() - 1]);
    let cut = ["verify", "same.wcodec", "--base", "other.safetensors"];
    fails(folder, &cut, BAD_DATA, &["other.safetensors is"]);
    let rebase = ["rebase", "same.wcodec", "--base", "model.safetensors", "-o", "alone.wcodec"];
    done(folder, &rebase);
    done(folder, &["verify", "alone.wcodec"]);
    fails(folder, &rebase, COULD_NOT, &["alone.wcodec exists already"]);
}
