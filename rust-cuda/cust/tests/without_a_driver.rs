//! Where there is no driver everything fails with an error that has a text.

use cust::error::CudaError;
use cust::{CudaFlags, DriverStatus, device::Device, driver_status};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Set for the process that has no driver.
const VARIABLE: &str = "CUST_TEST_WITHOUT_A_DRIVER";

/// Runs itself where a file that is no library is found in the place of the driver, so that it
/// tests the same on machines that have one.
#[test]
#[cfg(target_os = "linux")]
fn without_a_driver_there_is_no_device_and_a_reason() {
    if env::var_os(VARIABLE).is_some() {
        return there_is_no_device_and_a_reason();
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-driver");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("libcuda.so.1"), "no library").unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "without_a_driver_there_is_no_device_and_a_reason"])
        .env("LD_LIBRARY_PATH", &folder)
        .env(VARIABLE, "")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn there_is_no_device_and_a_reason() {
    assert_eq!(cust::init(CudaFlags::empty()), Err(CudaError::NoDevice));
    assert_eq!(Device::num_devices(), Err(CudaError::NoDevice));
    assert_eq!(CudaError::NoDevice.to_string(), "no NVIDIA driver is installed");
    let DriverStatus::NotFound { library, reason } = driver_status() else {
        panic!("{}", driver_status());
    };
    assert_eq!(library, "libcuda.so.1");
    assert!(reason.contains(&library), "{reason}");
}

#[test]
fn every_error_has_a_text_with_or_without_a_driver() {
    let errors = [
        CudaError::NoDevice,
        CudaError::InvalidValue,
        CudaError::UnknownError,
        CudaError::InvalidMemoryAllocation,
    ];
    for error in errors {
        assert!(!error.to_string().is_empty(), "{error:?}");
    }
}
