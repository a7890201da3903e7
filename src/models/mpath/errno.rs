//! Error numbers the kernel answers to table loads and messages.

use thiserror::Error;

/// An error number, as returned by an ioctl of device-mapper.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Error)]
pub enum Errno {
    /// `EIO`
    #[error("Input/output error")]
    Eio,
    /// `ENXIO`
    #[error("No such device or address")]
    Enxio,
    /// `ENOMEM`
    #[error("Cannot allocate memory")]
    Enomem,
    /// `EBUSY`
    #[error("Device or resource busy")]
    Ebusy,
    /// `ENODEV`
    #[error("No such device")]
    Enodev,
    /// `EINVAL`
    #[error("Invalid argument")]
    Einval,
    /// `EOVERFLOW`
    #[error("Value too large for defined data type")]
    Eoverflow,
    /// `ENOTCONN`
    #[error("Transport endpoint is not connected")]
    Enotconn,
}

impl Errno {
    /// The name as the kernel prints it (`%pe`), without the minus sign.
    pub fn name(self) -> &'static str {
        match self {
            Errno::Eio => "EIO",
            Errno::Enxio => "ENXIO",
            Errno::Enomem => "ENOMEM",
            Errno::Ebusy => "EBUSY",
            Errno::Enodev => "ENODEV",
            Errno::Einval => "EINVAL",
            Errno::Eoverflow => "EOVERFLOW",
            Errno::Enotconn => "ENOTCONN",
        }
    }
}
