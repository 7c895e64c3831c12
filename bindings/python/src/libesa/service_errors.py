"""An exception for each code that the service documents for this library's operations."""

from __future__ import annotations

from .enums import ServiceCode
from .errors import BusyError, ConflictError, NotFoundError, OverdueError, QuotaError, RejectedError, ServerError


class InternalExceptionError(ServerError, service_code=ServiceCode.INTERNAL_EXCEPTION):
    """InternalException: the service failed; the record may exist."""


class InvalidParameterError(RejectedError, ValueError, service_code=ServiceCode.INVALID_PARAMETER):
    """InvalidParameter: the routine's name, the site id or the record's name is invalid."""


class RoutineNotExistError(NotFoundError, service_code=ServiceCode.ROUTINE_NOT_EXIST):
    """RoutineNotExist: the account has no routine of this name."""


class DependedByOthersError(ConflictError, service_code=ServiceCode.DEPENDED_BY_OTHERS):
    """DependedByOthers: an ordinary DNS record of this name exists on the site."""


class SiteParameterNotMatchError(RejectedError, ValueError, service_code=ServiceCode.SITE_PARAMETER_NOT_MATCH):
    """SiteParameterNotMatch: the site is not the account's, or the record's name is not on it."""


class InternalOperationError(ServerError, service_code=ServiceCode.INTERNAL_OPERATION_ERROR):
    """InternalOperationError: the service failed; the record may exist."""


class ParameterAlreadyExistError(ConflictError, service_code=ServiceCode.PARAMETER_ALREADY_EXIST):
    """ParameterAlreadyExist: a record of this name exists already."""


class RelatedRecordNumberExceedQuotaLimitError(
    QuotaError, service_code=ServiceCode.RELATED_RECORD_NUMBER_EXCEED_QUOTA_LIMIT
):
    """RelatedRecordNumberExceedQuotaLimit: the routine has as many records as the plan allows."""


class RoutineUserServiceStatusHaltError(OverdueError, service_code=ServiceCode.ROUTINE_USER_SERVICE_STATUS_HALT):
    """RoutineUserServiceStatusHalt: the account has overdue payments."""


class UserOperationStatusIsLockedError(BusyError, service_code=ServiceCode.USER_OPERATION_STATUS_IS_LOCKED):
    """UserOperationStatusIsLocked: another routine call of this account is running."""
