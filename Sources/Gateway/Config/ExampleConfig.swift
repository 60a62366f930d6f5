/// The annotated example that ships inside the program; a test holds it against every setting that the reader knows.
enum ExampleConfig {
    static let text = """
        # The configuration of Interlock, one file. Paths are relative to this file. Durations are 500ms, 10s, 2m.
        # A setting behind a # is shown with its default, or with an example where it has none. Before the first start:
        #   1. certificates and keys under tls/, keys with mode 600 (docs/operating.md shows how)
        #   2. secrets under secrets/, one line each, mode 600
        #   3. routes.csv (begin with mappings/routes/example.csv)
        #   4. an API key for each channel of the bank: its SHA-256 in place of REPLACE-ME
        # `interlock config check FILE` tells what is missing.
        node: gateway-1                 # names this process in claims and logs
        engine: 0                       # 0 to 65535, stands in every payment id; one number for each journal
        folder: state                   # journal, tenants' databases, operators' socket; only this user may read it
        routes: routes.csv              # which network carries which payment
        shards: 2                       # parallel machines; as many as cores
        paymentsInFlight: 50000         # beyond this new payments get the scheme's own "busy"
        # drain: 20s                    # how long a stop waits for answers to payments in flight
        # mappings: mappings            # tables and schemas of your own; the installation's when not given
        # schemas: xsd

        scheme:                         # where networks reach us; mutual TLS always
          host: 0.0.0.0
          port: 7443
          tls:
            certificate: tls/gateway.pem
            key: tls/gateway.key        # chmod 600
            clientRoots: tls/ca.pem     # who issued the networks' certificates

        channel:                        # where the bank's own channels reach us
          host: 127.0.0.1
          port: 7080
          tls:
            certificate: tls/gateway.pem
            key: tls/gateway.key
            # clientRoots: tls/ca.pem   # channels need a certificate of these roots too, beside their key

        tenants:                        # one tenant is one bank
          - name: bank-a
            coreBank: fineract:bank-a
            apiKeys:                    # openssl rand -hex 32 makes a key; printf %s "$KEY" | sha256sum its hash
              - name: mobile-app
                sha256: REPLACE-ME

        networks:
          - name: mojaloop:hub1         # routes name it; our endpoint is /mojaloop:hub1/TENANT
            adapter: fspiop
            address: https://hub.example:4001
            clock: 20s                  # how long an order there may take
            margin: 2s                  # kept before our own answer is due elsewhere
            # lateness: 20s             # how long after an order's expiry the network may still settle it
            inFlight: 256               # requests to it at once
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem         # who issued its certificate; the system's roots when not given
              # serverName: hub.internal  # the name in its certificate, when it is not the address's
            peers:                      # who may speak for the network, by the name in its certificate
              - certificate: hub.example
                sources: ["*"]          # FSP ids it may speak for; * is every one but ours
            tenants:
              bank-a:
                fspId: bank-a           # our name on the hub
                ilpSecret: {file: secrets/ilp-bank-a}   # makes our fulfilments; at least 16 characters, never change it
                # hubName: Hub          # the name under which the hub itself signs messages
                # version: "1.1"        # or "1.0"
                # quoteMilliseconds: 60000      # how long our terms hold
                # transferMilliseconds: 20000   # how long a transfer of ours may take until it expires
                # marginMilliseconds: 1000      # what the hub's last word may need after that
                # minimumMilliseconds: 3000     # an order that expires sooner than this is refused
                # patchMilliseconds: 5000       # how long to wait for the hub's PATCH before asking
                # acceptOnPut: false    # true for a peer that wants an Accept header on callbacks

          - name: iso:rtp1
            adapter: iso20022
            address: https://clearing.example:8443
            clock: 10s
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem
            peers:
              - certificate: clearing.example
                sources: ["*"]          # BICs and member ids: the clearing brings orders of every bank but ours
            tenants:
              bank-a:
                bic: BANKAKE1           # our name on the rail
                # memberId: "12345"     # instead of bic: our number at the clearing, and whose numbers they are
                # clearingSystemId: KEXXX
                clearingBic: RTPCLRXX   # the clearing's name
                # clearingMemberId: "1" # instead of clearingBic
                # serves: BANKAKE1002   # further creditor agents whose payments we take, separated by spaces
                # path: /iso20022       # where the clearing takes messages, after the address
                # envelope: BusMsg      # root element around AppHdr and Document; none sends a bare Document
                # envelopeNamespace: urn:example:envelope
                # header: head.001.001.02   # version of the business header
                # service: rtp.01       # BizSvc of the header
                # clockMilliseconds: 10000  # the rail's clock, from AccptncDtTm to our answer
                # marginMilliseconds: 1000  # our answer is ready so long before
                # accept: ACCP          # TxSts of our positive answer
                # acceptIsFinal: no     # yes: no final status follows our positive answer
                # final: ACSC ACCC ACWP BLCK    # TxSts that say for good that the money moved
                # settlementDays: 1     # days that IntrBkSttlmDt may be away from today
                # serviceLevel: INST    # written where a payment says none; so are the next five
                # categoryPurpose: CASH
                # localInstrument: INST
                # localInstrumentProprietary: RTP   # where localInstrument is not set
                # clearingSystemCode: RTP
                # chargeBearer: SLEV

        coreBanks:
          - name: fineract:bank-a
            adapter: fineract
            address: https://fineract.example:8443/fineract-provider/api/v1
            clock: 5s
            margin: 500ms
            inFlight: 256
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem
              # serverName: fineract.internal
            tenants:
              bank-a:
                tenantId: bank-a        # Fineract-Platform-TenantId
                # idempotencyHeader: Idempotency-Key    # as the server is configured
                headers:                # added on the way out, never stored or logged
                  Authorization: {environment: FINERACT_BANK_A}
        """
}
