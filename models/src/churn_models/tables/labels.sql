-- The tables that late labels are judged by. `python -m churn_runtimes labels` makes them where they are not there.
-- A customer is known by the keyed hash of the identity (churn_models.identity_key), never by name.

-- What became of customers: a row says that a customer left (label), or was still there (not label), at a moment.
CREATE TABLE IF NOT EXISTS outcomes (
    model text NOT NULL,                    -- the registered model's name
    identity_hash text NOT NULL CHECK (identity_hash ~ '^[0-9a-f]{16}$'),
    time timestamptz NOT NULL,              -- when the customer left, or until when the customer is known to have stayed
    label boolean NOT NULL,                 -- true: left
    treated boolean,                        -- true: a campaign acted upon the customer; false: left alone as its control
    received timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, identity_hash, time)
);

-- What versions scored, of the sampled customers alone.
CREATE TABLE IF NOT EXISTS predictions (
    model text NOT NULL,
    identity_hash text NOT NULL CHECK (identity_hash ~ '^[0-9a-f]{16}$'),
    time timestamptz NOT NULL,
    digest text NOT NULL,                   -- of the bundle whose score it is, whether it answered or scored beside
    version text NOT NULL,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    previous_digest text,                   -- of the version before, where it scored the same row
    previous_score double precision CHECK (previous_score BETWEEN 0 AND 1),
    PRIMARY KEY (model, identity_hash, time, digest)
);
CREATE INDEX IF NOT EXISTS predictions_by_version ON predictions (model, digest, time);
