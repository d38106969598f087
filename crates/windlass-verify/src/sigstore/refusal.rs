//! Why a signature of an artifact does not count.

use std::fmt;

/// Why a signature of an artifact does not count, or what it is to be held against cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A signature, a key or a root is larger than its limit, in bytes or in number.
    TooLarge(usize),
    /// A part of the signature cannot be read.
    Malformed(&'static str),
    /// The signature has a form that is not verified.
    Unsupported(String),
    /// No given key made the signature.
    NoKey,
    /// A certificate stands behind the signature, and only keys are trusted.
    NotByKey,
    /// A key stands behind the signature, and only certificates are trusted.
    NotByCertificate,
    /// The certificate's key did not make the signature.
    Forged,
    /// The signature is of another artifact: the digest that it names.
    OtherArtifact(String),
    /// No authority of the trusted root issued the certificate, or it is for something else.
    Untrusted(&'static str),
    /// The certificate was not valid when the signature was made.
    Expired,
    /// Nothing that is trusted says when the signature was made.
    NoTime,
    /// No trusted log of certificates vouches for the certificate.
    NoCertificateLog,
    /// No trusted log has the signature, or what it says of it does not hold.
    NotLogged(&'static str),
    /// Somebody signed who is not trusted.
    OtherIdentity {
        /// Whom the certificate names.
        subject: String,
        /// Who vouched for that.
        issuer: String,
    },
    /// A given public key cannot be read.
    Key(&'static str),
    /// A given trusted root cannot be read.
    Root(&'static str),
    /// A given expression for an identity cannot be read.
    Expression(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(max) => write!(f, "too large to verify (max={max})"),
            Self::Malformed(what) => write!(f, "the signature cannot be read ({what})"),
            Self::Unsupported(what) => write!(f, "a signature of a form that is not verified ({what})"),
            Self::NoKey => f.write_str("none of the given keys made the signature"),
            Self::NotByKey => {
                f.write_str("a certificate stands behind the signature, and only keys are trusted")
            }
            Self::NotByCertificate => {
                f.write_str("a key stands behind the signature, and only certificates are trusted")
            }
            Self::Forged => f.write_str("the key of the certificate did not make the signature"),
            Self::OtherArtifact(digest) => {
                write!(f, "the signature is of another artifact (signed={digest})")
            }
            Self::Untrusted(why) => write!(f, "the certificate is not trusted ({why})"),
            Self::Expired => f.write_str("the certificate was not valid when the signature was made"),
            Self::NoTime => f.write_str("nothing that is trusted says when the signature was made"),
            Self::NoCertificateLog => f.write_str("no trusted log of certificates has the certificate"),
            Self::NotLogged(why) => write!(f, "no trusted log has the signature ({why})"),
            Self::OtherIdentity { subject, issuer } => {
                write!(f, "signed by an identity that is not trusted (subject={subject}, issuer={issuer})")
            }
            Self::Key(why) => write!(f, "not a public key ({why})"),
            Self::Root(why) => write!(f, "not a trusted root ({why})"),
            Self::Expression(why) => write!(f, "not an expression ({why})"),
        }
    }
}

impl std::error::Error for Refusal {}
