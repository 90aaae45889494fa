from django.urls import path

from portal.rest import audit, notifications, places

urlpatterns = [
    path("domains", places.DomainList.as_view(), name="domains"),
    path("domains/<str:path>", places.DomainItem.as_view(), name="domain"),
    path("teams", places.TeamList.as_view(), name="teams"),
    path("teams/<str:slug>", places.TeamItem.as_view(), name="team"),
    path("audit", audit.Audit.as_view(), name="audit"),
    path("audit/verify", audit.AuditVerify.as_view(), name="audit-verify"),
    path("notifications", notifications.Notifications.as_view(), name="notifications"),
    path(
        "notifications/read", notifications.NotificationsRead.as_view(), name="notifications-read"
    ),
    path("notifications/mail", notifications.MailChoices.as_view(), name="mail-choices"),
]
