//! The right kernel is taken, and what it asks of a device is there.

use super::*;

#[test]
fn the_kernel_takes_all_rows_or_as_many_as_any() {
    for form in Form::ALL {
        let of = |n, capability| MultiplyKernel::of(form, n, 300, (capability, 132));
        let rows = |n, capability| of(n, capability).rows();
        let oldest = [1, 8, 9, 16, 17, 1000].map(|n| rows(n, 75));
        assert_eq!(oldest, [8, 8, 16, 16, 16, 16]);
        for capability in [80, 89] {
            let rows = [1, 8, 9, 16, 17, 32, 33, 1000].map(|n| rows(n, capability));
            assert_eq!(rows, [8, 8, 16, 16, 32, 32, 32, 32]);
        }
        for capability in [90, 100, 120] {
            let rows = [1, 8, 9, 16, 17, 32, 33, 1000].map(|n| rows(n, capability));
            assert_eq!(rows, [8, 8, 16, 16, 32, 32, 64, 64]);
        }
        for (n, capability) in (1..100).flat_map(|n| [(n, 75), (n, 90), (n, 120)]) {
            let kernel = of(n, capability);
            assert_eq!(kernel.form, form);
            assert!(MultiplyKernel::for_capability(capability).any(|one| one == kernel));
        }
    }
}

#[test]
fn the_kernel_leaves_something_for_each_multiprocessor() {
    let blocks = |n| {
        [1, 264, 265, 1 << 40]
            .map(|count| MultiplyKernel::of(Form::Fast, n, count, (90, 132)).blocks)
    };
    let expected = [(8, [1; 4]), (16, [1, 1, 2, 2]), (32, [2, 2, 4, 4]), (64, [2; 4])];
    assert_eq!(expected.map(|(n, _)| (n, blocks(n))), expected);
}

#[test]
fn grids_are_what_the_driver_takes_and_hold_all_groups() {
    let kernel = MultiplyKernel::of(Form::Fast, 64, 1000, (90, 132));
    for groups in [1, 65535, 65536, 1 << 24] {
        let [x, y, z] = kernel.grid(groups, 65);
        assert_eq!(x, 2);
        assert!(y <= 65535 && z <= 65535 && y * z >= groups && y * z < groups + z);
    }
}

/// The smallest kernel that takes twice the rows of a matrix at once, of those that there are.
#[test]
fn experts_are_read_once_where_they_have_few_rows() {
    for form in Form::ALL {
        let kernel = |n, blocks, capability| {
            MultiplyKernel::of_experts(form, (n, 128), blocks, (capability, 132))
        };
        let rows = |n, capability| kernel(n, 100, capability).rows();
        let blocks = |n, blocks| kernel(n, blocks, 90).blocks;
        assert_eq!([blocks(8, 48), blocks(8, 60), blocks(8, 128)], [1, 2, 4]);
        assert_eq!([blocks(512, 1), blocks(512, 48), blocks(1024, 48)], [1, 4, 2]);
        assert_eq!([8, 64, 512, 1024, 2048, 1 << 20].map(|n| rows(n, 90)), [8, 8, 8, 16, 32, 32]);
        assert_eq!([8, 1024, 2048].map(|n| rows(n, 80)), [8, 16, 16]);
    }
}

#[test]
fn blocks_have_no_more_shared_memory_than_there_is() {
    let most = |capability| {
        let kernels = MultiplyKernel::for_capability(capability);
        kernels.map(|kernel| kernel.shared_bytes(capability)).max().unwrap()
    };
    for kernel in MultiplyKernel::experts_for_capability(75) {
        let places = kernel.places(75);
        assert_eq!(kernel.shared_bytes(75), places.list_at + 4 * (8 + kernel.rows()));
    }
    assert!(most(90) <= 227 << 10 && most(120) <= 99 << 10 && most(80) <= 48 << 10);
    // What has no room there is left out.
    let count = |capability| MultiplyKernel::for_capability(capability).count();
    assert_eq!([75, 80, 90, 100, 120].map(count), [4, 6, 12, 12, 10]);
}

/// Steps and sums are there at different times; exceptions and barriers are there at both.
#[test]
fn places_do_not_overlap() {
    for (kernel, capability) in [80, 90].into_iter().flat_map(|capability| {
        MultiplyKernel::for_capability(capability).map(move |kernel| (kernel, capability))
    }) {
        let places = kernel.places(capability);
        let steps = PARTS * places.depth * kernel.blocks * kernel.form.step_bytes();
        assert!(places.exceptions_at >= steps.max(PARTS * kernel.sum_bytes()));
        assert!(places.barriers_at >= places.exceptions_at + kernel.sum_bytes());
        assert!(places.exceptions_at.is_multiple_of(16) && places.barriers_at.is_multiple_of(8));
    }
}
