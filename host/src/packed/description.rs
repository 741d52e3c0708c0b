//! What has to be known of a packed matrix beside its bytes.

use wcodec_codec::packed::{Form, Layout, Scale, Shape};

/// The size of a packed matrix, its form, its scale and its exceptions: with its bytes all that
/// there is to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    pub(crate) layout: Layout,
    pub(crate) scale: Scale,
}

impl Description {
    /// The description of a matrix that takes so many bytes; `scale` is 0 where the form has none.
    /// `None` where no such matrix takes as many, or there is no such scale.
    pub fn new(shape: Shape, form: Form, scale: u8, byte_len: u64) -> Option<Self> {
        let none = Layout { shape, form, exceptions: 0 };
        let beside = byte_len.checked_sub(none.len())?;
        let layout = Layout { exceptions: u32::try_from(beside / 8).ok()?, ..none };
        let is_one = layout.len() == byte_len && u64::from(layout.exceptions) <= shape.weights();
        let has_all = form.has_exceptions() || layout.exceptions == 0 && scale == 0;
        let scale = Scale::new(scale)?;
        (is_one && has_all).then_some(Self { layout, scale })
    }

    /// Rows and columns.
    pub fn shape(&self) -> Shape {
        self.layout.shape
    }

    /// The form of its weights.
    pub fn form(&self) -> Form {
        self.layout.form
    }

    /// The exponent of the scale, 0 where the form has none.
    pub fn scale(&self) -> u8 {
        self.scale.exponent()
    }

    /// Bytes that it takes.
    pub fn byte_len(&self) -> u64 {
        self.layout.len()
    }

    /// Weights that stand beside the form.
    pub fn exceptions(&self) -> u32 {
        self.layout.exceptions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_give_the_exceptions() {
        let shape = Shape::new(17, 65).unwrap();
        let exceptions = |form, scale, len| {
            Description::new(shape, form, scale, len).map(|found| found.exceptions())
        };
        let len = |form, exceptions| Layout { shape, form, exceptions }.len();
        for count in [0, 1, 7, 17 * 65] {
            let len = len(Form::Fast, count);
            assert_eq!(exceptions(Form::Fast, 127, len), Some(count));
            assert_eq!(exceptions(Form::Fast, 127, len + 4), None);
            assert_eq!(exceptions(Form::Fast, 128, len), None);
        }
        assert_eq!(exceptions(Form::Fast, 0, len(Form::Fast, 17 * 65 + 1)), None);
        assert_eq!(exceptions(Form::Fast, 0, len(Form::Fast, 0) - 1), None);
        assert_eq!(exceptions(Form::Fast, 0, u64::MAX), None);
        assert_eq!(exceptions(Form::Whole, 0, len(Form::Whole, 0)), Some(0));
        assert_eq!(exceptions(Form::Whole, 1, len(Form::Whole, 0)), None);
        assert_eq!(exceptions(Form::Whole, 0, len(Form::Whole, 0) + 8), None);
    }
}
