/// Certificates and keys for tests of a configuration: nothing else trusts them.
enum Certificates {
    /// Self-signed for `good.example`, good from 2020 to 2120.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBajCCARCgAwIBAgIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxnb29kLmV4
        YW1wbGUwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBcxFTATBgNV
        BAMMDGdvb2QuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEqgLxn/
        CB1wryIthyTWs0tVzuFk9MpC3p47xYDZCiGrpw25RumwdSojyjK4yZYWYRlTHKOy
        6+ytFkmLVNPULDujSzBJMA8GA1UdEwEB/wQFMAMBAf8wFwYDVR0RBBAwDoIMZ29v
        ZC5leGFtcGxlMB0GA1UdDgQWBBQ/8CS6WSuEK/J8z1V9oFj8BIi4bzAKBggqhkjO
        PQQDAgNIADBFAiEAqbNkTtrVk/99P4dLdowblrIfw/oSVCnkPIaSSRcrpTwCIH5N
        zbEM4cp5Rq1NNbVFLTu7xuQGMEscCZKWrT4wjk3e
        -----END CERTIFICATE-----
        """

    /// Belongs to `certificate`.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgS36GGHIL6kBY1WJS
        8nAJnhmBMjX2t5T8u25meZr+y9KhRANCAARKoC8Z/wgdcK8iLYck1rNLVc7hZPTK
        Qt6eO8WA2Qohq6cNuUbpsHUqI8oyuMmWFmEZUxyjsuvsrRZJi1TT1Cw7
        -----END PRIVATE KEY-----
        """

    /// Belongs to another certificate.
    static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwfE8u0N67Ekw8z6Y
        RFzhNy79o8cfx2T5FQprsjkJVDahRANCAASmE0VDGT7Se0hStevB9ir24Sk6Qxj+
        F/+5jZGCeBz6/rOB9KaJdbPQ8Z5XCtrvduoB4XNb2H90s36Ni3ztUyEy
        -----END PRIVATE KEY-----
        """

    /// Its time was over at the end of 2020.
    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBZTCCAQugAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtvbGQuZXhh
        bXBsZTAeFw0yMDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMBYxFDASBgNVBAMM
        C29sZC5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERS46+5VwaozQ
        GmNfjWCsOJpyj9YklOoQj0/B6a2/IQmYbT5h3lA0MrcAtLWjWek9xCeLinEizmAy
        cWw3jwptGqNKMEgwDwYDVR0TAQH/BAUwAwEB/zAWBgNVHREEDzANggtvbGQuZXhh
        bXBsZTAdBgNVHQ4EFgQULZ9vy1RuZOGs4O1bleGfX3VIS+4wCgYIKoZIzj0EAwID
        SAAwRQIhALABzotPD6TayKThcQT8oaCKVhSkQP+PxLNDc3BoCag2AiAJiNP2b4hW
        vy/ir5IgMSm/wharOCVdefhCLv0gn5Ij8w==
        -----END CERTIFICATE-----
        """

    /// Belongs to `expired`.
    static let expiredKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqpcffAjFn6z4sKDu
        xU8C7m6FU5Sxu5yoyOpFRTO1mdChRANCAARFLjr7lXBqjNAaY1+NYKw4mnKP1iSU
        6hCPT8Hprb8hCZhtPmHeUDQytwC0taNZ6T3EJ4uKcSLOYDJxbDePCm0a
        -----END PRIVATE KEY-----
        """
}
