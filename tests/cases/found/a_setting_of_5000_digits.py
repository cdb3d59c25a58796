from model.protocol import REFERENCE, variant
B0 = REFERENCE.components()['queue']
C0 = type('C0', (B0,), {'__module__': __name__, 'lag_limit': 10**5000})
B1 = REFERENCE.components()['service']
C1 = type('C1', (B1,), {'__module__': __name__, 'comes_again_after': lambda self, ahead: '\x1b[31m'})
PROTOCOL = variant('x', queue=C0, service=C1)
