/// The annotated example that ships inside the program; a test reads it back.
enum ExampleConfig {
    static let text = """
        # Interlock: one file. Paths are relative to this file. Durations are 500ms, 10s, 2m.
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
            clientRoots: tls/ca.pem

        channel:                        # where the bank's own channels reach us
          host: 127.0.0.1
          port: 7080
          tls:
            certificate: tls/gateway.pem
            key: tls/gateway.key

        tenants:                        # one tenant is one bank
          - name: bank-a
            coreBank: fineract:bank-a
            apiKeys:                    # printf %s "$KEY" | sha256sum
              - name: mobile-app
                sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

        networks:
          - name: mojaloop:hub1         # routes name it; our endpoint is /mojaloop:hub1/TENANT
            adapter: fspiop
            address: https://hub.example:4001
            clock: 20s                  # how long an order there may take
            margin: 2s                  # kept before our own answer is due elsewhere
            # lateness: 20s             # how long after an order's expiry the network may still settle it
            inFlight: 256
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem
            peers:                      # who may speak for the network, by the name in its certificate
              - certificate: hub.example
                sources: ["*"]          # FSP ids it may speak for; * is every one but ours
            tenants:
              bank-a:
                fspId: bank-a           # our name on the hub
                ilpSecret: {file: secrets/ilp-bank-a}

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
                sources: [RTPCLRXX]
            tenants:
              bank-a:
                bic: BANKAKE1
                clearingBic: RTPCLRXX

        coreBanks:
          - name: fineract:bank-a
            adapter: fineract
            address: https://fineract.example:8443/fineract-provider/api/v1
            clock: 5s
            tls:
              certificate: tls/gateway.pem
              key: tls/gateway.key
              roots: tls/ca.pem
            tenants:
              bank-a:
                tenantId: bank-a        # Fineract-Platform-TenantId
                headers:                # added on the way out, never stored or logged
                  Authorization: {environment: FINERACT_BANK_A}
        """
}
