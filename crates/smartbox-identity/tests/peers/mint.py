"""Mints tokens with PyJWT: prints the public keys, a good token for each algorithm, and bad ones, as JSON.

Arguments: the secret, the issuer, the audience, and the present in Unix seconds.
"""

import base64
import json
import sys

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

secret, issuer, audience, now = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
keys = {
    "RS256": (rsa.generate_private_key(public_exponent=65537, key_size=2048), RSAAlgorithm),
    "ES256": (ec.generate_private_key(ec.SECP256R1()), ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm),
}
others = {
    "RS384": keys["RS256"][0], "PS256": keys["RS256"][0], "RS512": keys["RS256"][0],
    "ES384": ec.generate_private_key(ec.SECP384R1()), "HS384": secret, "HS512": secret,
}
claims = {
    "iss": issuer, "aud": audience, "sub": "Ada", "exp": now + 300, "nbf": now, "iat": now,
    "email": "ada@example.com", "email_verified": True, "session_id": "s1",
}


def changed(**changes):
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def mint(alg, body=claims, **headers):
    key = secret if alg == "HS256" else keys[alg][0]
    return jwt.encode(body, key, algorithm=alg, headers={"kid": alg, **headers})


published = []
for alg, (key, algorithm) in keys.items():
    published.append({**json.loads(algorithm.to_jwk(key.public_key())), "kid": alg, "alg": alg, "use": "sig"})

pem = keys["RS256"][0].public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
# PyJWT refuses to sign with a public key itself, so this one is joined by hand.
import hashlib, hmac  # noqa: E401

b64 = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")  # noqa: E731
signed = b64(b'{"alg":"HS256","kid":"RS256"}') + b"." + b64(json.dumps(claims).encode())
confused = signed + b"." + b64(hmac.new(pem, signed, hashlib.sha256).digest())

bad = []
for alg in ["HS256", *keys]:
    bad += [
        ["expired", mint(alg, changed(exp=now - 61))],
        ["not yet valid", mint(alg, changed(nbf=now + 61))],
        ["not yet valid", mint(alg, changed(iat=now + 61))],
        ["issuer", mint(alg, changed(iss="https://other.example"))],
        ["audience", mint(alg, changed(aud=["other"]))],
        ["malformed", mint(alg, changed(exp=None))],
        ["malformed", mint(alg, crit=["exp"])],
    ]
bad += [["unknown key", mint(alg, kid="another")] for alg in keys]
bad += [["algorithm", jwt.encode(claims, key, algorithm=alg, headers={"kid": "RS256"})] for alg, key in others.items()]
bad += [
    ["algorithm", jwt.encode(claims, None, algorithm="none")],
    ["algorithm", mint("ES256", kid="EdDSA")],
    ["signature", jwt.encode(claims, secret + "!", algorithm="HS256")],
    ["signature", confused.decode()],
]
print(json.dumps({"jwks": {"keys": published}, "good": {alg: mint(alg) for alg in ["HS256", *keys]}, "bad": bad}))
